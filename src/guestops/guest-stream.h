#pragma once

/*
 * GuestStream: one file on its way out of a guest, or into it. Source: PROTOCOL.md, "Transfers".
 *
 * It begins as a request, OpenFileTransfer. When that is answered, bytes follow, in one direction,
 * each side only as fast as the other takes them.
 */

#include "guestops/guest.h"

typedef struct GuestStream GuestStream;

typedef struct GuestStreamCallbacks {
        /* It is open. @opened is in the stream's arena, and its numbers make sense. */
        void (*on_opened)(GuestStream *stream, const FileTransferOpened *opened, Usec now);
        /*
         * From the guest: bytes, borrowed, never more than @opened promised. Each has to be
         * granted by guest_stream_grant() when it is done with; no more than LINK_WINDOW_BYTES
         * come before that.
         */
        void (*on_data)(GuestStream *stream, const char *data, size_t size, Usec now);
        /* To the guest: guest_stream_room() has grown from little. */
        void (*on_room)(GuestStream *stream, Usec now);
        /*
         * The end, also of one that was never opened: with success where no fault has been raised.
         * From the guest all bytes have come then. No callback follows, and the stream is the
         * owner's to free, here too.
         */
        void (*on_end)(GuestStream *stream, Usec now);
} GuestStreamCallbacks;

struct GuestStream {
        /* set by the owner */
        const GuestStreamCallbacks *callbacks;
        Arena *arena; /* answers are put there */
        Fault *fault;
        const char *request_id; /* lives as long */

        /* the stream's own */
        OpenFileTransferRequestType params;
        GuestRequest request;
        Guest *guest; /* NULL while it is not open */
        uint32_t id;
        int64_t left; /* from the guest: bytes that are still to come */
        bool upload, sent_all;
        LoopTimer silence; /* until the agent is taken to hang */
        TAILQ_ENTRY(GuestStream) entry;
};

/**
 * guest_stream_open() - open a transfer that the agent has named
 * @transfer:   what the agent calls it, lives as long
 * @upload:     whether bytes will go to the guest
 * @offset, @length: from the guest: which part; @length INT64_MAX: all that follows
 *
 * Return: 0 and on_end() will be called, or a negative errno with the fault raised.
 */
int guest_stream_open(Guest *guest, GuestStream *stream, const char *transfer, bool upload,
                      int64_t offset, int64_t length, Usec deadline, Usec now);

/* From the guest: so many bytes are done with. */
void guest_stream_grant(GuestStream *stream, size_t size);

/* To the guest: how many bytes are taken now, queueing them, and that there are no more. */
size_t guest_stream_room(const GuestStream *stream);
int guest_stream_send(GuestStream *stream, const void *data, size_t size);
int guest_stream_finish(GuestStream *stream);

/* Nobody waits for it any more; what has come of an upload is dropped. No callback follows. */
void guest_stream_cancel(GuestStream *stream);
