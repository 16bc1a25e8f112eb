#pragma once

/*
 * What the files of an open transfer share in the monitor.
 *
 * open-transfer.c   how it begins and ends
 * open-download.c   from the guest: a pipe that the worker fills
 * open-upload.c     to the guest: a ring that the worker reads
 */

#include "agent/open-transfer.h"
#include "agent/transfer-packet.h"

struct OpenTransfer {
        Operation *operation;
        Transfer *transfer; /* busy */
        LoopIo io;          /* our end of the worker's socket */
        LoopTask task;      /* what is to be done before the loop waits again */
        bool opened;        /* the host has been told so */
        bool hung_up;       /* the worker's end of the socket is closed */

        /* from the guest */
        LoopIo pipe;
        int64_t left;   /* bytes still to come from the worker */
        bool drained;   /* the worker has sent all it will … */
        bool succeeded; /* … and says that this is all there is */

        /* to the guest */
        char *ring;
        size_t put, told,
                done;   /* how much is, or was, in the ring; the worker knows of; it wrote */
        bool complete;  /* the host has sent all, … */
        bool passed_on; /* … and the worker knows */
};

const StreamHost *open_transfer_streams(const OpenTransfer *open);
/* Ends the operation: the worker did what no worker of ours does. */
void open_transfer_fail_senseless(OpenTransfer *open);
/* The worker's events are to be told, or none of them, its end included. */
void open_transfer_watch(const OpenTransfer *open, LoopIo *io, bool watched);

/* Each makes what the worker is to be given. Return: 0 or a negative errno. */
int open_download_prepare(OpenTransfer *open, int *ret_data);
int open_upload_prepare(OpenTransfer *open, int *ret_data);

void open_download_begin(OpenTransfer *open);
/* Ends the operation where that can be said. */
void open_download_settle(OpenTransfer *open);
size_t open_download_pull(OpenTransfer *open, char *data, size_t size);

void open_upload_data(OpenTransfer *open, const char *data, size_t size);
/* The worker has written more. May end the operation. */
void open_upload_done(OpenTransfer *open, const void *packet, size_t size);
void open_upload_hung_up(OpenTransfer *open);
