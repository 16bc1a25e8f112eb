#pragma once

/*
 * Interfaces: this guest's network interfaces and their addresses, as the kernel lists them.
 * Loopback is left out.
 *
 * Source: rtnetlink(7).
 */

#include "base/base.h"
#include "schema/types-channel.h"

#include <net/if.h>

typedef struct InterfaceAddress {
        int family; /* AF_INET or AF_INET6 */
        unsigned char bytes[16];
        unsigned char prefix_length;
        bool deprecated;
} InterfaceAddress;

typedef struct Interface {
        int index;
        char name[IF_NAMESIZE];
        bool up; /* and running: it would carry packets */
        bool has_mac;
        unsigned char mac[6];
        InterfaceAddress addresses[FACTS_ADDRESSES_MAX]; /* the kernel's first ones */
        size_t n_addresses;
} Interface;

/* Those with the lowest numbers, in their order. */
typedef struct Interfaces {
        Interface items[FACTS_INTERFACES_MAX];
        size_t n;
} Interfaces;

/* Return: a non-blocking descriptor that has something to read when anything has changed. */
int interfaces_watch(void);

/* Reads what has come there. What it was is not said: the list is to be read anew. */
void interfaces_watch_drain(int fd);

/* Return: 0 and the list as it is now, or a negative errno, where that is not permitted. */
int interfaces_read(Interfaces *interfaces);

/**
 * interfaces_parse() - add what one datagram of the kernel says
 * @data:       aligned for struct nlmsghdr; addresses come after their interfaces
 *
 * Return: 1 where the list ends, 0 where more is to come, or the negative errno that it tells.
 */
int interfaces_parse(Interfaces *interfaces, const void *data, size_t size);
