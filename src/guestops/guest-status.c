#include "guestops/guest-status.h"

#include "guestops/guest-private.h"

void guest_status(const Guest *guest, GuestStatus *ret)
{
        static const char *const names[] = {
                [GUEST_OFF] = "off",
                [GUEST_APART] = "apart",
                [GUEST_GREETING] = "greeting",
                [GUEST_READY] = "ready",
        };

        *ret = (GuestStatus){.channel = names[GUEST_OFF]};
        if (!guest)
                return;
        *ret = (GuestStatus){
                .channel = names[guest->state],
                .since = guest->since,
                .why = guest->state == GUEST_APART && guest->apart_why ? guest->apart_why
                                                                       : guest->lost_why,
                .error = guest->state == GUEST_APART && guest->apart_why ? guest->apart_error : 0,
                .hello = guest->hello,
                .n_requests = guest->n_requests,
                .n_streams = guest->n_streams,
                .latency = guest->latency,
        };
}
