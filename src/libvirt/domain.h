#pragma once

/* What the commands of guestops-libvirt that look at one domain share. */

#include "libvirt/domain-xml.h"

#include <libvirt/libvirt.h>

#define AGENT_PORT "org.guestops.agent.0"

typedef struct DomainUse {
        virConnectPtr connection;
        virDomainPtr domain;
        char *label; /* as it was asked for, fit for a line of a terminal */
        bool active, persistent;
} DomainUse;

/**
 * domain_open() - connect, and find a domain by its name, or else its UUID
 * @uri:        NULL: libvirt's default
 * @flags:      VIR_CONNECT_RO or 0
 *
 * Return: 0, or -EIO; what is wrong has been said.
 */
int domain_open(const char *uri, unsigned int flags, const char *name, DomainUse *ret);
void domain_close(DomainUse *use);

/* Reads the running domain's description, or the one that it is started with. Return: as above. */
int domain_describe(const DomainUse *use, bool live, Arena *arena, DomainXml *ret);

/* "guestops: THING: cause" on standard error; control characters are none there. Return: -EIO. */
int domain_complain(const char *thing, const char *cause);
/* The same, by libvirt's last error. */
int domain_complain_of_libvirt(const char *thing);
