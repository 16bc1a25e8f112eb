#include "agent/interfaces.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <sys/socket.h>

#define RECEIVE_BYTES 32768 /* what the kernel fills at most, for whoever offers so much */
#define DRAIN_MAX     64    /* datagrams in one turn of the loop */

/* what the kernel says */

/* The attributes behind a message's struct of @head bytes, by their number below @n. */
static void take_attributes(const struct nlmsghdr *message, size_t head,
                            const struct rtattr **attributes, size_t n)
{
        const struct rtattr *attribute =
                (const void *)((const char *)NLMSG_DATA(message) + NLMSG_ALIGN(head));
        int left = (int)NLMSG_PAYLOAD(message, NLMSG_ALIGN(head));

        for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
                if (attribute->rta_type < n)
                        attributes[attribute->rta_type] = attribute;
}

static bool take_bytes(const struct rtattr *attribute, void *bytes, size_t size)
{
        if (!attribute || RTA_PAYLOAD(attribute) != size)
                return false;
        memcpy(bytes, RTA_DATA(attribute), size);
        return true;
}

static Interface *find(Interfaces *interfaces, int index)
{
        for (size_t i = 0; i < interfaces->n; i++)
                if (interfaces->items[i].index == index)
                        return &interfaces->items[i];
        return NULL;
}

/* Return: its place in the order of numbers, or NULL where as many have lower ones. */
static Interface *insert(Interfaces *interfaces, int index)
{
        Interface *items = interfaces->items;
        size_t at = interfaces->n;

        while (at > 0 && items[at - 1].index > index)
                at--;
        if (at == ELEMENTS(interfaces->items))
                return NULL;
        if (interfaces->n < ELEMENTS(interfaces->items))
                interfaces->n++;
        memmove(&items[at + 1], &items[at], (interfaces->n - 1 - at) * sizeof(*items));
        items[at] = (Interface){.index = index};
        return &items[at];
}

static void take_link(Interfaces *interfaces, const struct nlmsghdr *message)
{
        const struct rtattr *attributes[IFLA_IFNAME + 1] = {NULL};
        const struct rtattr *name;
        const struct ifinfomsg *link = NLMSG_DATA(message);
        Interface *interface;

        if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*link)) || link->ifi_flags & IFF_LOOPBACK)
                return;
        /* A list that changes meanwhile may have one twice. */
        interface = find(interfaces, link->ifi_index);
        if (!interface)
                interface = insert(interfaces, link->ifi_index);
        if (!interface)
                return;
        take_attributes(message, sizeof(*link), attributes, ELEMENTS(attributes));
        name = attributes[IFLA_IFNAME];
        if (name && RTA_PAYLOAD(name) <= sizeof(interface->name))
                memcpy(interface->name, RTA_DATA(name), RTA_PAYLOAD(name));
        interface->name[sizeof(interface->name) - 1] = '\0';
        interface->up = link->ifi_flags & IFF_UP && link->ifi_flags & IFF_RUNNING;
        interface->has_mac =
                take_bytes(attributes[IFLA_ADDRESS], interface->mac, sizeof(interface->mac));
}

static void take_address(Interfaces *interfaces, const struct nlmsghdr *message)
{
        const struct rtattr *attributes[IFA_FLAGS + 1] = {NULL};
        const struct ifaddrmsg *head = NLMSG_DATA(message);
        InterfaceAddress address = {0};
        Interface *interface;
        uint32_t flags;
        size_t size;

        if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*head)) ||
            (head->ifa_family != AF_INET && head->ifa_family != AF_INET6))
                return;
        interface = find(interfaces, (int)head->ifa_index);
        if (!interface || interface->n_addresses == ELEMENTS(interface->addresses))
                return;
        take_attributes(message, sizeof(*head), attributes, ELEMENTS(attributes));
        flags = head->ifa_flags;
        (void)take_bytes(attributes[IFA_FLAGS], &flags, sizeof(flags));
        if (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED))
                return; /* not in use: another machine may have it */
        address.family = head->ifa_family;
        address.prefix_length = head->ifa_prefixlen;
        address.deprecated = flags & IFA_F_DEPRECATED;
        size = head->ifa_family == AF_INET ? 4 : 16;
        /* On a link between two points IFA_ADDRESS is the other end's. */
        if (take_bytes(attributes[IFA_LOCAL], address.bytes, size) ||
            take_bytes(attributes[IFA_ADDRESS], address.bytes, size))
                interface->addresses[interface->n_addresses++] = address;
}

static int error_of(const struct nlmsghdr *message)
{
        const struct nlmsgerr *error = NLMSG_DATA(message);

        if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*error)) || error->error >= 0)
                return -EBADMSG;
        return error->error;
}

int interfaces_parse(Interfaces *interfaces, const void *data, size_t size)
{
        const struct nlmsghdr *message = data;
        int left = (int)size;

        for (; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left))
                switch (message->nlmsg_type) {
                case RTM_NEWLINK:
                        take_link(interfaces, message);
                        break;
                case RTM_NEWADDR:
                        take_address(interfaces, message);
                        break;
                case NLMSG_ERROR:
                        return error_of(message);
                case NLMSG_DONE:
                        return 1;
                default:
                        break;
                }
        return 0;
}

/* asking it */

static int open_socket(uint32_t groups)
{
        const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
        _cleanup_(fd_closep) int fd = -1;

        fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
        if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                return -errno;
        return moved_fd(fd);
}

/* The kernel answers a dump while it is asked, and goes on in each recv(): nothing waits here. */
static int dump(int fd, uint16_t type, Interfaces *interfaces)
{
        _cleanup_(freep) char *data = malloc(RECEIVE_BYTES); /* not for good, as on the stack */
        const struct {
                struct nlmsghdr header;
                struct rtgenmsg family;
        } request = {
                .header.nlmsg_len = NLMSG_LENGTH(sizeof(request.family)),
                .header.nlmsg_type = type,
                .header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                .family.rtgen_family = AF_UNSPEC,
        };
        ssize_t n;
        int r = 0;

        if (!data)
                return -ENOMEM;
        if (send(fd, &request, request.header.nlmsg_len, 0) < 0)
                return -errno;
        while (r == 0) {
                n = recv(fd, data, RECEIVE_BYTES, 0);
                r = n < 0 ? -errno : interfaces_parse(interfaces, data, (size_t)n);
        }
        return r;
}

int interfaces_read(Interfaces *interfaces)
{
        _cleanup_(fd_closep) int fd = open_socket(0);
        int r;

        interfaces->n = 0;
        if (fd < 0)
                return fd;
        r = dump(fd, RTM_GETLINK, interfaces);
        if (r >= 0)
                r = dump(fd, RTM_GETADDR, interfaces);
        return r < 0 ? r : 0;
}

int interfaces_watch(void)
{
        return open_socket(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
}

/* ENOBUFS, events that were lost, is an event as well. */
void interfaces_watch_drain(int fd)
{
        char data[1];

        for (size_t i = 0; i < DRAIN_MAX; i++)
                if (recv(fd, data, sizeof(data), MSG_TRUNC) < 0 && errno != ENOBUFS)
                        break;
}
