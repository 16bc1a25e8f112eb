#include "libvirt/serve.h"

#include "base/log.h"
#include "libvirt/commands.h"

#include <stdio.h>

void serve_say(Serve *serve, json_t *message, int fd)
{
        char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;

        json_decref(message);
        if (text)
                packets_send(&serve->parent, text, strlen(text), fd);
        else
                fd_close(fd);
        free(text);
}

void serve_add_result(json_t *answer, int error, const char *why)
{
        if (error >= 0)
                return;
        (void)json_object_set_new(answer, "error", json_string(packet_error_word(error)));
        (void)json_object_set_new(answer, "why", json_string(why));
}

/* the daemon */

static void take_ping(Serve *serve, const json_t *number)
{
        serve_say(serve, json_pack("{s:I}", "pong", json_integer_value(number)), -1);
}

static const struct {
        const char *name;
        void (*take)(Serve *serve, const json_t *value);
} messages[] = {
        {"channel", channel_take},
        {"ping", take_ping},
        {"power", power_take},
};

static void on_packet(Packets *packets, const char *text, size_t size, int fd, Usec now)
{
        Serve *serve = container_of(packets, Serve, parent);
        json_t *message = json_loadb(text, size, 0, NULL);
        const char *name;
        json_t *value;

        (void)now;
        fd_close(fd);
        json_object_foreach (message, name, value)
                for (size_t i = 0; i < ELEMENTS(messages); i++)
                        if (strcmp(messages[i].name, name) == 0)
                                messages[i].take(serve, value);
        json_decref(message);
}

/* Threads may hang in libvirt: nobody waits for them. */
static void on_end(Packets *packets, const char *why, Usec now)
{
        (void)packets;
        (void)why;
        (void)now;
        _exit(EXIT_SUCCESS);
}

/* libvirt */

static void on_mail(void *user, const Mail *mail, Usec now)
{
        Serve *serve = user;

        if (mail->kind == MAIL_STREAM) {
                stream_mail(serve, mail);
                return;
        }
        if (mail->generation != serve->generation)
                return;
        if (mail->kind == MAIL_CLOSED) {
                connection_closed(serve, mail->text, now);
                return;
        }
        if (mail->kind == MAIL_JOB) {
                machines_note_job(serve, mail->uuid, mail->error);
                return;
        }
        if (mail->kind == MAIL_RESET)
                serve_say(serve, json_pack("{s:s}", "reset", mail->uuid), -1);
        machines_look(serve, mail->uuid);
}

static int serve_begin(Serve *serve)
{
        int r;

        r = loop_new(&serve->loop);
        if (r >= 0)
                r = packets_open(&serve->parent, serve->loop, STDIN_FILENO);
        if (r >= 0)
                r = events_start(serve->loop, on_mail, serve);
        if (r >= 0)
                r = worker_pool_new(serve->loop, LOOK_THREADS, 3 * MACHINES_MAX, &serve->looks);
        if (r >= 0)
                r = worker_pool_new(serve->loop, POWER_THREADS, MACHINES_MAX, &serve->powers);
        if (r >= 0)
                r = worker_pool_new(serve->loop, 1, 1, &serve->probes);
        if (r >= 0)
                r = connection_begin(serve, loop_now(serve->loop));
        return r;
}

int command_serve(int argc, char **argv)
{
        /* For the whole life of the process: threads may look at it until its very end. */
        static Serve serve;
        int r;

        if (argc != 2) {
                (void)fprintf(stderr, "Usage: guestops-libvirt serve URI\n");
                return EXIT_FAILURE;
        }
        log_open("guestops-libvirt", LOG_LEVEL_INFO);
        serve.uri = argv[1];
        serve.parent.on_packet = on_packet;
        serve.parent.on_end = on_end;
        TAILQ_INIT(&serve.domains);
        r = serve_begin(&serve);
        if (r >= 0)
                r = loop_run(serve.loop);
        log_error("%s: ends: %s", serve.uri, strerror(-r));
        _exit(EXIT_FAILURE);
}
