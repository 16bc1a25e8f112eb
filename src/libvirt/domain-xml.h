#pragma once

/*
 * Domain XML, as libvirt writes it: what is of use to guest operations, and nothing else. Whoever
 * may define domains has written it: texts are well-formed UTF-8, and may hold anything else.
 *
 * Source: https://libvirt.org/formatdomain.html
 */

#include "base/arena.h"

#define DOMAIN_XML_MAX ((size_t)4 << 20) /* bytes of a document */

/* A <channel> of any kind. */
typedef struct DomainChannel DomainChannel;
struct DomainChannel {
        const char *type;   /* of its host's end: "unix", "pty", "spicevmc" and so on */
        const char *target; /* of its guest's end: "virtio", "guestfwd", "xen" */
        const char *name;   /* of its port in the guest; NULL: it has none */
        const char *mode;   /* of a UNIX socket: "bind", libvirt's side listens, or "connect" */
        const char *path;   /* of a UNIX socket; NULL: libvirt chooses it at the start */
        const char *state;  /* "connected": the guest has it open; "disconnected"; NULL: not told */
        DomainChannel *next;
};

typedef struct DomainXml {
        const char *name, *uuid; /* NULL: it says none */
        const char *vcpus;       /* how many there may be, as text */
        const char *vcpus_now;   /* how many there are, where that is told */
        const char *memory_kib;
        const char *vsock_cid; /* NULL: there is none, or no number for it yet */
        bool has_vsock, vsock_is_auto;
        DomainChannel *channels; /* in the document's order */
} DomainXml;

/**
 * domain_xml_read() - read a domain's description
 * @arena:      all of *@ret lives in it
 *
 * Return: 0, -EBADMSG where it is none, -EMSGSIZE, -ENOMEM.
 */
int domain_xml_read(Arena *arena, const char *text, size_t size, DomainXml *ret);

/* Return: the virtio channel of that name, the first if there are more, or NULL. */
const DomainChannel *domain_xml_channel(const DomainXml *domain, const char *name);
