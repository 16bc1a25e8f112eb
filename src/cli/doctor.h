#pragma once

/*
 * Doctor: the path from the service to the guest, step by step, up to the first thing that is
 * wrong. First everything is looked at, then the steps judge what was seen, and do nothing else.
 */

#include "cli/cli.h"

#include <sys/types.h>

/* The socket of the machine's channel, as far as this program can see it. */
typedef struct Look {
        int error; /* of lstat(2): 0 or a negative errno */
        bool is_socket, is_link;
        const char *enforcing; /* what may refuse beside modes: "AppArmor", "SELinux", or NULL */
        char *refuses;         /* a directory, or the socket: its mode refuses the service's user */
        char *owners;          /* of that: "root:kvm, mode 0770" */
        char *group;           /* of that, which would be let in; NULL: none */
        char *denied;          /* what the kernel's log has on that, or NULL */
} Look;

typedef struct Facts {
        const char *name;   /* as it was asked for */
        const char *uri;    /* of libvirt, where one was given */
        const char *socket; /* the service's */
        int status_error;   /* 0, or why there is no @status */
        json_t *status;
        const json_t *machine; /* in @status, or NULL */
        size_t n_called_so;    /* machines of that name */
        bool by_libvirt;       /* it is a domain, or may be one */
        int domain_error;      /* 0, or why there is no @domain */
        json_t *domain;        /* as guestops-libvirt describes it */
        char *domain_said;     /* what it says besides */
        Look look;
} Facts;

/* How a step ended: texts of one line, or of several for what mends it. */
typedef struct Verdict {
        Buf detail; /* what is so, or what is wrong */
        Buf mend;   /* a command on this host, or what to do in the guest */
} Verdict;

typedef struct Step {
        const char *about;
        bool (*applies)(const Facts *facts); /* NULL: always */
        bool (*check)(const Facts *facts, Verdict *verdict);
} Step;

extern const Step doctor_steps[];
extern const size_t n_doctor_steps;

/* Takes the steps, prints each. Return: an exit status. */
int doctor_walk(const Facts *facts);

/* Looks at everything. Return: 0 or -ENOMEM. */
int doctor_gather(Facts *facts);
void doctor_done(Facts *facts);

/*
 * Looks at the socket, and at the directories before it, with the eyes of a user.
 *
 * @uid, @gid, @groups: of the service, see credentials(7)
 */
int doctor_look(const char *path, uid_t uid, gid_t gid, const json_t *groups, Look *ret);
void doctor_look_done(Look *look);

/* Where the channel's socket is, by libvirt or by the service's configuration; or NULL. */
const char *doctor_channel_path(const Facts *facts);
/* The agent's channel in the "live" or the "config" of the domain; or NULL. */
const json_t *doctor_channel(const Facts *facts, const char *place);
/* Whether the service has its end of the channel open. */
bool doctor_is_connected(const Facts *facts);
/* Writes @text as one word of a shell. */
void doctor_put_word(Buf *out, const char *text);
