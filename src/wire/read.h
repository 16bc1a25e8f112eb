#pragma once

/*
 * Bytes to values: what a peer sent becomes a typed struct in an arena, or a position and a
 * reason. Everything has a limit: depth, length of a string, elements of an array; the arena
 * limits their sum.
 */

#include "base/arena.h"
#include "schema/type.h"

#define WIRE_DEPTH_MAX  16
#define WIRE_STRING_MAX 65536U /* bytes of one string */
#define WIRE_ITEMS_MAX  65536U /* elements of one array */

typedef enum WireErrorKind {
        WIRE_OK,
        WIRE_MALFORMED, /* it does not parse */
        WIRE_BAD_TYPE,  /* a _typeName or xsi:type that is unknown, missing or out of place */
        WIRE_BAD_VALUE, /* a member that is missing, unknown, of the wrong kind, or too large */
        WIRE_NO_MEMORY,
} WireErrorKind;

typedef struct WireError {
        WireErrorKind kind;
        char path[160];   /* the member, as spec.programPath or envVariables[3]; may be empty */
        char reason[160]; /* a sentence without its full stop */
} WireError;

/* Has jansson erase what it frees, for that may hold passwords. Once, before json_read(). */
void json_read_init(void);

/**
 * json_read() - decode the parameters of a method
 * @type:       of the parameter object; a _typeName at the root is ignored, whatever it says
 * @text:       @size bytes; none at all is read as an empty object
 *
 * Return: 0, -EBADMSG or -ENOMEM; *@error is filled in.
 */
int json_read(Arena *arena, const char *text, size_t size, const WireType *type, void **ret,
              WireError *error);

/**
 * tlv_read() - decode the payload of a channel message
 *
 * Unknown tags are skipped. Return: 0, -EBADMSG or -ENOMEM; *@error is filled in.
 */
int tlv_read(Arena *arena, const void *data, size_t size, const WireType *type, void *ret,
             WireError *error);
