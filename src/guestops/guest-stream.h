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
        /*
         * It is open. @opened is in the stream's arena. From the guest it makes sense: .offset is
         * what was asked for, .length too, or what there is, .version 1 to 64 hex digits. To the
         * guest it says nothing.
         */
        void (*on_opened)(GuestStream *stream, const FileTransferOpened *opened, Usec now);
        /*
         * From the guest: bytes, borrowed, at least one, never more than @opened promised. Each has
         * to be granted by guest_stream_grant() when it is done with; no more than
         * LINK_WINDOW_BYTES come before that.
         */
        void (*on_data)(GuestStream *stream, const char *data, size_t size, Usec now);
        /* To the guest: guest_stream_room() was less than half of LINK_STREAM_BYTES, and is no
           longer. */
        void (*on_room)(GuestStream *stream, Usec now);
        /*
         * The end, also of one that was never opened; where stream->succeeded, from the guest all
         * bytes have come, and to the guest the file is at its place. Otherwise the fault has been
         * raised. No callback follows, and the stream is the owner's to free, here too.
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
        GuestRequest request; /* its id is the stream's, too */
        Guest *guest;         /* NULL while neither opening nor open */
        bool open, upload, sent_all, succeeded;
        int64_t left;         /* from the guest: bytes that are still to come */
        size_t held;          /* from the guest: came, and not granted */
        uint64_t sent, moved; /* to the guest: bytes queued; gone from there when last looked at */
        LoopTimer silence;    /* until the agent, whose turn it is, is taken to hang */
        TAILQ_ENTRY(GuestStream) entry;
};

/**
 * guest_stream_open() - open a transfer that the agent has named
 * @stream:     what the owner sets is set
 * @transfer:   what the agent calls it, lives as long
 * @upload:     whether bytes will go to the guest
 * @offset, @length: from the guest: which part; @length INT64_MAX: all that follows
 *
 * An agent that says nothing for GuestConfig's .stream_silence, though it is its turn, is given up:
 * it has room for more and sends none, does not take what is queued, or does not end. So is one
 * that says what makes no sense. The callbacks may cancel the stream.
 *
 * Return: 0 and on_end() will be called, or a negative errno with the fault raised.
 */
int guest_stream_open(Guest *guest, GuestStream *stream, const char *transfer, bool upload,
                      int64_t offset, int64_t length, Usec deadline, Usec now);

/* From the guest: so many bytes are done with. */
void guest_stream_grant(GuestStream *stream, size_t size);

/* To the guest: how many bytes are taken now; 0 while it is not open. */
size_t guest_stream_room(const GuestStream *stream);

/* To the guest: queues bytes, no more than there is room for. Return: 0, or -ENOBUFS. */
int guest_stream_send(GuestStream *stream, const void *data, size_t size);

/* To the guest: there are no more. From now on the file may be there. Return: 0, or -ENOBUFS. */
int guest_stream_finish(GuestStream *stream);

/* Nobody waits for it any more; what has come of an upload is dropped, unless it was finished.
   No callback follows. Of one that has ended, or was never begun: nothing. */
void guest_stream_cancel(GuestStream *stream);
