#include "guestops/guest-private.h"

#include "base/log.h"

#define RECONNECT_USEC USEC_PER_SEC /* from one connection to the next */

static void on_lost(void *user, const char *why, Usec now)
{
        Guest *guest = user;

        log_debug("%s: channel: %s", guest_name(guest), why);
        guest->link = link_close(guest->link);
        guest->lost_why =
                guest->spoken
                        ? "its channel was lost"
                        : "the agent hung up without a word, as one that serves another host does";
        guest_set_state(guest, GUEST_APART, now);
        guest_requests_fail(guest, false, "the channel was lost", now);
        guest_streams_fail(guest, "the channel was lost", now);
        (void)loop_timer_set(guest->loop, &guest->timer, guest->connected + RECONNECT_USEC);
}

void guest_forget_apart(Guest *guest)
{
        free(guest->apart_why);
        guest->apart_why = NULL;
        backoff_reset(&guest->backoff);
}

/* Said once, and again when it is another reason. */
static void stay_apart(Guest *guest, int error, const char *why, bool told, Usec now)
{
        Usec next = told ? backoff_next(&guest->backoff, now) : now + RECONNECT_USEC;

        guest->apart_error = error;
        if (!guest->apart_why || strcmp(guest->apart_why, why) != 0) {
                log_warning("%s: channel: %s", guest_name(guest), why);
                free(guest->apart_why);
                guest->apart_why = strdup(why);
        }
        (void)loop_timer_set(guest->loop, &guest->timer, next);
}

void guest_connect(Guest *guest, Usec now)
{
        if (guest->connecting)
                return;
        guest->connecting = true;
        inventory_open_channel(guest->vm, now);
}

void guest_channel_opened(Guest *guest, int fd, const ProviderResult *result, Usec now)
{
        const LinkCallbacks callbacks = {
                .on_message = guest_heard,
                .on_lost = on_lost,
                .on_room = guest_has_room,
                .user = guest,
        };
        const LinkConfig config = LINK_CONFIG_DEFAULT;
        int r = result->error;

        guest->connecting = false;
        if (guest->state != GUEST_APART) {
                fd_close(fd); /* meanwhile the machine was powered off */
                return;
        }
        if (r >= 0)
                r = link_open(guest->loop, fd, &config, &callbacks, &guest->link);
        if (r < 0) {
                stay_apart(guest, r, result->why ? result->why : strerror(-r), result->told, now);
                return;
        }
        guest_forget_apart(guest);
        guest->connected = now;
        guest->spoken = false;
        guest_set_state(guest, GUEST_GREETING, now);
        guest_hello_first(guest, now);
}

/* Its socket has been made; that somebody listens on it may be a moment later. */
void guest_channel_there(Guest *guest, Usec now)
{
        if (guest->state != GUEST_APART || !guest->timer.loop ||
            now < guest->connected + RECONNECT_USEC)
                return; /* it is not waited for, or will be tried anyway */
        backoff_reset(&guest->backoff);
        guest_connect(guest, now);
}
