#pragma once

/* What an administrator may want to know of a machine's agent and the channel to it. */

#include "guestops/guest.h"

typedef struct GuestStatus {
        const char *channel;     /* off, apart, greeting or ready */
        Usec since;              /* it is so */
        const char *why;         /* it is apart, or what ended the last conversation; or NULL */
        int error;               /* negative errno: why it is apart; 0: not tried, or it was lost */
        const AgentHello *hello; /* the last one, in this life of the machine or before; or NULL */
        size_t n_requests, n_streams; /* in flight */
        Usec latency;                 /* of the last heartbeat; 0: none yet in this conversation */
} GuestStatus;

/* Borrowed until the loop's turn ends. @guest NULL: there was no memory for one. */
void guest_status(const Guest *guest, GuestStatus *ret);
