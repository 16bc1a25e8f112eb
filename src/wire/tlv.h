#pragma once

/* Numbers of the channel's encoding that both directions share. Source: PROTOCOL.md. */

#define TLV_HEADER_BYTES 6 /* tag u16, length u32, both little-endian */
#define TLV_TAG_BOXED    1 /* the value or values inside an anyType */
