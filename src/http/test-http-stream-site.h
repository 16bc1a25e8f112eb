#pragma once

/*
 * For the tests of streams: a site whose paths say what is done with a body or an answer.
 */

#include "test-http-site.h"

#define STREAM_ROOM 100000 /* what 'm' gives */
#define STREAM_ALL  UINT64_MAX

typedef struct StreamPlan {
        const char *path;
        bool is_asked;       /* 'p' is told, and then 'v' receives, 'o' or 'r' answers */
        bool is_told;        /* 'b' is told when the body begins */
        bool is_out;         /* answered by a stream, of "?n=" bytes or of the body's size */
        bool is_slow_end;    /* 'e' is told at the body's end, and 'r' answers */
        unsigned int status; /* answered at once, or at @until */
        uint64_t until;      /* of the body where it is answered, of the answer where it fails */
        uint64_t room;       /* taken or given at first; then 'f' (full) or 'w' (waits) is told */
        uint64_t step;       /* then this much at a time, without being told to; 0: none */
        bool is_hasty;       /* what is more is said before the callback has returned */
} StreamPlan;

/*
 * 'g' is told of what is gone, 't' of an answer that has been sent. Commands are for the latest
 * request: 'm' (more) besides those above. 'h' halts the server until the next command.
 */
void stream_site_start(Site *site, bool tls);

/* The bytes of all bodies and streamed answers. */
char stream_byte(uint64_t at);
