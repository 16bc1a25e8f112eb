#pragma once

/*
 * libvirt's own event loop, in a thread of its own, and the mailbox by which it is heard in ours.
 * What runs in that thread never waits for libvirtd.
 */

#include "loop/loop.h"

#include <libvirt/libvirt.h>

#define UUID_CHARS 36

typedef enum MailKind {
        MAIL_CLOSED, /* .text: why the connection was closed */
        MAIL_LOOK,   /* something has happened to the machine */
        MAIL_RESET,  /* and its guest is not the one that it was */
        MAIL_JOB,    /* the job that it has, or has had: .error is how it ends, 0 as it begins */
        MAIL_STREAM, /* .stream is open or has failed; and once more, at its end */
} MailKind;

typedef struct Mail Mail;
struct Mail {
        MailKind kind;
        unsigned int generation; /* of the connection that it is from */
        char uuid[UUID_CHARS + 1];
        int error;
        void *stream;
        bool is_end;
        const char *text; /* static */
        STAILQ_ENTRY(Mail) entry;
};

/**
 * events_start() - start the thread, before anything else of libvirt is used
 * @on_mail:    called in @loop
 *
 * It never ends. Return: 0, or a negative errno.
 */
int events_start(Loop *loop, void (*on_mail)(void *user, const Mail *mail, Usec now), void *user);

/* From any thread. Where memory is short it is lost, and the next list makes up for it. */
void events_put(const Mail *mail);

/* Has the events of @conn become mail. Return: whether QEMU's own events are among them. */
bool events_subscribe(virConnectPtr conn, unsigned int generation);
