#pragma once

/*
 * Frames: how messages are cut out of a byte pipe that has no beginning, no end, and may hold
 * bytes of an earlier life. Source: PROTOCOL.md, "Frames".
 */

#include "base/buf.h"

#define FRAME_HEADER_BYTES 32
#define FRAME_PAYLOAD_MAX  32768U
#define FRAME_VERSION      1

/* A frame that is not whole by then is abandoned. */
#define FRAME_PATIENCE_USEC (2 * USEC_PER_SEC)

typedef enum FrameKind {
        FRAME_HELLO = 1,    /* host: a new conversation begins; HostHello */
        FRAME_WELCOME = 2,  /* agent: the answer; AgentHello */
        FRAME_ANNOUNCE = 3, /* agent: has started and wants a hello; no payload, nonce 0 */
        FRAME_PING = 4,     /* host: are you there? */
        FRAME_PONG = 5,     /* agent: yes; AgentClock */
        FRAME_REQUEST = 6,  /* host: part of a ChannelRequest */
        FRAME_ANSWER = 7,   /* agent: part of a ChannelAnswer */
        FRAME_CONFIRM = 8,  /* agent: is about to carry out this request: still wanted? */
        FRAME_GO = 9,       /* host: yes */
        FRAME_CANCEL = 10,  /* host: this request is given up */
        FRAME_CREDIT = 11,  /* both: room for so many more payload bytes on this id; u32 */
        FRAME_FACTS = 12,   /* agent: what it says of its guest; AgentFacts */
        FRAME_DATA = 13,    /* both: part of a file; empty: the host has sent all of it */
        FRAME_END = 14,     /* agent: a transfer is over; ChannelAnswer */
} FrameKind;

typedef enum FrameFlags {
        FRAME_MORE = 1 << 0,      /* REQUEST, ANSWER: another part follows */
        FRAME_CONTINUED = 1 << 1, /* REQUEST, ANSWER: another part came before */
} FrameFlags;

typedef struct Frame {
        FrameKind kind;
        uint16_t flags;
        uint64_t nonce; /* of the hello that began the conversation */
        uint32_t id;    /* of the request it belongs to; 0 for the conversation itself */
        const char *payload;
        uint32_t size;
} Frame;

typedef struct FrameReader {
        Buf in;
        size_t at;       /* what stands before it in @in is done with; 0 when no frame is left */
        Usec since;      /* when the first byte of an incomplete frame came; 0: there is none */
        uint64_t n_lost; /* bytes dropped while hunting for a frame */
        Usec careful_at; /* until then, what fails its checksum is dropped whole */
} FrameReader;

/* Appends one frame. */
void frame_write(Buf *out, const Frame *frame);

/*
 * A frame whose payload is written in its place: frame_room() appends one and returns room for
 * @size bytes of payload, or NULL without memory. What has come to be there is frame->size bytes
 * of it, and the payload of @frame is not looked at. With none, nothing is appended.
 */
char *frame_room(Buf *out, size_t size);
void frame_fill(Buf *out, size_t room, const Frame *frame);

/**
 * frame_next() - the next whole frame in reader->in
 * @ret:        its payload is borrowed until frame_consume()
 *
 * What is no frame is dropped, byte by byte, until one begins. A frame that is still not whole
 * FRAME_PATIENCE_USEC after its first byte was never one: its first byte is dropped too, and the
 * hunt goes on inside it, so that nothing that was sent whole is lost.
 *
 * The same holds for a frame whose payload fails its checksum, but not more than once a second: a
 * peer that makes up such frames must not have us sum them up over and over.
 *
 * Return: 1 and a frame, or 0 where more bytes are needed.
 */
int frame_next(FrameReader *reader, Frame *ret, Usec now);

/* Drops the frame that frame_next() returned; its bytes are moved away when no frame is left. */
void frame_consume(FrameReader *reader, const Frame *frame);

/* Return: when frame_next() has to be called again though nothing arrives; USEC_NEVER if never. */
Usec frame_deadline(const FrameReader *reader);

/* Forgets what was read: the pipe has been cut. */
void frame_reset(FrameReader *reader);
void frame_reader_done(FrameReader *reader);
