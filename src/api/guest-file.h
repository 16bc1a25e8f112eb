#pragma once

/*
 * GuestFile: one request at the URL of a transfer, while it moves the file.
 *
 * What comes out of it: an answer, a line in the audit, and whether the URL is over. It lasts until
 * both the client and the guest have ended.
 */

#include "api/service.h"
#include "base/ring.h"
#include "guestops/guest-stream.h"
#include "http/range.h"

typedef struct GuestFile GuestFile;

/* What a method of HTTP does with a file. */
typedef struct GuestFileVerb {
        const char *method;
        bool upload, is_head;
        void (*begin)(GuestFile *file, Usec now);
        /* The client has left; @file->request is none any more. */
        void (*on_gone)(GuestFile *file, Usec now);
} GuestFileVerb;

typedef struct GuestFileDownload {
        bool has_range, looks; /* the stream is there for the facts only */
        HttpRange range;
        const char *if_match, *if_range; /* the client's, until it is answered; NULL if absent */
        unsigned int tries;
        const FileTransferOpened *facts; /* in the arena */
        const char *etag;                /* in the arena */
        unsigned int status;             /* what the client gets of such a file … */
        int64_t offset, length;          /* … and which part */
        int64_t left;                    /* of that, not sent yet */
        bool is_answered;                /* with a header, which the rest has to follow */
        bool is_broken;                  /* there will be no more */
        Ring ring;                       /* from the guest, not sent yet */
} GuestFileDownload;

typedef struct GuestFileUpload {
        bool is_full;  /* the guest takes nothing now, and some of the body waits */
        bool is_whole; /* the guest was told that there is no more */
} GuestFileUpload;

struct GuestFile {
        const GuestFileVerb *verb;
        Service *service;
        HttpRequest *request; /* NULL: the client is answered, or gone */
        Transfer *transfer;
        Arena *arena; /* it lies there itself */
        Fault fault;
        char request_id[CALL_REQUEST_ID_CHARS + 1];
        const char *address;
        Usec begun;
        GuestStream stream;
        bool is_open; /* the stream has not ended */
        uint64_t bytes;
        GuestFileDownload download;
        GuestFileUpload upload;
};

/* GET and HEAD, guest-file-get.c; PUT, guest-file-put.c */
void guest_file_get(GuestFile *file, Usec now);
void guest_file_get_gone(GuestFile *file, Usec now);
void guest_file_put(GuestFile *file, Usec now);
void guest_file_put_gone(GuestFile *file, Usec now);

/* Opens the file in the guest. Return: 0, and the stream's on_end() will be called; or negative,
   with a fault raised. */
int guest_file_open(GuestFile *file, const GuestStreamCallbacks *callbacks, int64_t offset,
                    int64_t length, Usec now);

/* Gives the stream up, if it is there. */
void guest_file_close(GuestFile *file);

/* Answers with a line of text, and ends. @header may be NULL. */
void guest_file_reply(GuestFile *file, unsigned int status, const HttpHeader *header,
                      const char *text, Usec now);

/* Answers with the fault that was raised, or with an internal one; ends. */
void guest_file_fail(GuestFile *file, Usec now);

/* Writes the line of the audit; before the answer. */
void guest_file_audit(const GuestFile *file, bool succeeded, Usec now);

/* The end, with the file moved where @done. Frees it. */
void guest_file_end(GuestFile *file, bool done, Usec now);
