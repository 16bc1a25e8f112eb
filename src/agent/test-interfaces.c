/* What the kernel says of interfaces, as rows: datagrams, and the list that they make. */

#include "agent/interfaces.h"
#include "base/buf.h"

#include "base/test.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#define UP (IFF_UP | IFF_RUNNING)

/* One message. Of text that is NULL there is no attribute. */
typedef struct Message {
        uint16_t type;
        int index;
        unsigned int flags; /* of the link, or of the address */
        const char *name;   /* of a link */
        const char *mac;    /* of a link: bytes */
        size_t mac_size;
        const char *local, *address; /* of an address */
        unsigned char prefix_length;
        bool flags_in_head; /* as old kernels have them */
} Message;

#define LINK(number, f, n, ...)                                                                    \
        {                                                                                          \
                .type = RTM_NEWLINK, .index = (number), .flags = (f), .name = (n), ##__VA_ARGS__   \
        }
#define MAC(last) .mac = "\x00\x00\x5e\x00\x53" last, .mac_size = 6
#define ADDRESS(number, a, prefix, ...)                                                            \
        {                                                                                          \
                .type = RTM_NEWADDR, .index = (number), .address = (a), .prefix_length = (prefix), \
                ##__VA_ARGS__                                                                      \
        }
#define DONE                                                                                       \
        {                                                                                          \
                .type = NLMSG_DONE                                                                 \
        }

/* datagrams */

static void put_attribute(Buf *out, uint16_t type, const void *value, size_t size)
{
        const struct rtattr head = {.rta_len = (uint16_t)RTA_LENGTH(size), .rta_type = type};

        buf_put(out, &head, sizeof(head));
        buf_put(out, value, size);
        buf_put(out, "\0\0\0", RTA_ALIGN(size) - size);
}

static void put_address(Buf *out, uint16_t type, const char *text)
{
        unsigned char bytes[16];
        int family = strchr(text, ':') ? AF_INET6 : AF_INET;

        if (inet_pton(family, text, bytes) != 1)
                abort();
        put_attribute(out, type, bytes, family == AF_INET ? 4 : 16);
}

static void put_link_body(Buf *out, const Message *message)
{
        const struct ifinfomsg link = {.ifi_index = message->index, .ifi_flags = message->flags};

        buf_put(out, &link, sizeof(link));
        put_attribute(out, IFLA_MTU, "\xdc\x05\0\0", 4);
        if (message->mac)
                put_attribute(out, IFLA_ADDRESS, message->mac, message->mac_size);
        if (message->name)
                put_attribute(out, IFLA_IFNAME, message->name, strlen(message->name) + 1);
}

static void put_address_body(Buf *out, const Message *message)
{
        const char *text = message->address ? message->address : message->local;
        const struct ifaddrmsg head = {
                .ifa_family = text && strchr(text, ':') ? AF_INET6 : AF_INET,
                .ifa_prefixlen = message->prefix_length,
                .ifa_flags = message->flags_in_head ? (unsigned char)message->flags : 0,
                .ifa_index = (unsigned int)message->index,
        };

        buf_put(out, &head, sizeof(head));
        if (message->address)
                put_address(out, IFA_ADDRESS, message->address);
        if (message->local)
                put_address(out, IFA_LOCAL, message->local);
        if (!message->flags_in_head)
                put_attribute(out, IFA_FLAGS, &message->flags, sizeof(message->flags));
}

static void put_message(Buf *out, const Message *message)
{
        struct nlmsghdr head = {.nlmsg_type = message->type};
        size_t at = out->size;

        buf_put(out, &head, sizeof(head));
        if (message->type == RTM_NEWLINK)
                put_link_body(out, message);
        else if (message->type == RTM_NEWADDR)
                put_address_body(out, message);
        else
                buf_put(out, &message->index, sizeof(message->index));
        head.nlmsg_len = (uint32_t)(out->size - at);
        memcpy(out->data + at, &head, sizeof(head));
}

/* the list as text: "2 eth0 up 00:00:5e:00:53:01 192.0.2.1/24 2001:db8::1/64 deprecated;" */

static const char *text_of(const Interfaces *interfaces, Buf *out)
{
        for (size_t i = 0; i < interfaces->n; i++) {
                const Interface *interface = &interfaces->items[i];

                buf_putf(out, "%s%d %s %s", i ? " " : "", interface->index, interface->name,
                         interface->up ? "up" : "down");
                for (size_t k = 0; interface->has_mac && k < sizeof(interface->mac); k++)
                        buf_putf(out, "%c%02x", k ? ':' : ' ', interface->mac[k]);
                for (size_t k = 0; k < interface->n_addresses; k++) {
                        const InterfaceAddress *address = &interface->addresses[k];
                        char text[INET6_ADDRSTRLEN];

                        buf_putf(out, " %s/%d%s",
                                 inet_ntop(address->family, address->bytes, text, sizeof(text)),
                                 address->prefix_length, address->deprecated ? " deprecated" : "");
                }
                buf_putc(out, ';');
        }
        return buf_text(out);
}

static void test_lists(void)
{
        static const struct {
                const char *about;
                Message messages[6]; /* up to the first without a type */
                int r;
                const char *list;
        } rows[] = {
                {"nothing", {DONE}, 1, ""},
                {"no end yet", {LINK(2, UP, "eth0")}, 0, "2 eth0 up;"},
                {"what comes behind the end",
                 {LINK(2, UP, "eth0"), DONE, LINK(3, UP, "eth1")},
                 1,
                 "2 eth0 up;"},
                {"an error", {{.type = NLMSG_ERROR, .index = -EPERM}}, -EBADMSG, ""},
                {"one of each",
                 {LINK(2, UP, "eth0", MAC("\x01")), ADDRESS(2, "192.0.2.1", 24),
                  ADDRESS(2, "2001:db8::1", 64), DONE},
                 1,
                 "2 eth0 up 00:00:5e:00:53:01 192.0.2.1/24 2001:db8::1/64;"},
                {"by number",
                 {LINK(7, UP, "c"), LINK(2, UP, "a"), LINK(3, UP, "b"), DONE},
                 1,
                 "2 a up; 3 b up; 7 c up;"},
                {"twice in a list that changed",
                 {LINK(2, UP, "eth0"), LINK(2, 0, "wan0"), DONE},
                 1,
                 "2 wan0 down;"},
                {"down", {LINK(2, 0, "eth0", MAC("\x01"))}, 0, "2 eth0 down 00:00:5e:00:53:01;"},
                {"no carrier", {LINK(2, IFF_UP, "eth0")}, 0, "2 eth0 down;"},
                {"loopback",
                 {LINK(1, UP | IFF_LOOPBACK, "lo", MAC("\0")), ADDRESS(1, "127.0.0.1", 8),
                  ADDRESS(1, "192.0.2.1", 32), DONE},
                 1,
                 ""},
                {"a tunnel, whose address of 4 bytes is no MAC",
                 {LINK(4, UP, "sit0", .mac = "\xc0\0\x02\x01", .mac_size = 4)},
                 0,
                 "4 sit0 up;"},
                {"the longest name", {LINK(2, UP, "abcdefghijklmno")}, 0, "2 abcdefghijklmno up;"},
                {"a name beyond that", {LINK(2, UP, "abcdefghijklmnop")}, 0, "2  up;"},
                {"without a name", {LINK(2, UP, NULL)}, 0, "2  up;"},
                {"an address of nobody", {ADDRESS(2, "192.0.2.1", 24)}, 0, ""},
                {"between two points",
                 {LINK(5, UP, "ppp0"), ADDRESS(5, "192.0.2.2", 32, .local = "192.0.2.1")},
                 0,
                 "5 ppp0 up 192.0.2.1/32;"},
                {"an address in the local attribute alone",
                 {LINK(5, UP, "ppp0"), ADDRESS(5, NULL, 32, .local = "192.0.2.1")},
                 0,
                 "5 ppp0 up 192.0.2.1/32;"},
                {"without an address",
                 {LINK(5, UP, "ppp0"), ADDRESS(5, NULL, 32)},
                 0,
                 "5 ppp0 up;"},
                {"not yet found unique",
                 {LINK(2, UP, "eth0"), ADDRESS(2, "2001:db8::1", 64, .flags = IFA_F_TENTATIVE)},
                 0,
                 "2 eth0 up;"},
                {"found not to be unique",
                 {LINK(2, UP, "eth0"), ADDRESS(2, "2001:db8::1", 64, .flags = IFA_F_DADFAILED)},
                 0,
                 "2 eth0 up;"},
                {"the same of an old kernel",
                 {LINK(2, UP, "eth0"),
                  ADDRESS(2, "2001:db8::1", 64, .flags = IFA_F_TENTATIVE, .flags_in_head = true)},
                 0,
                 "2 eth0 up;"},
                {"deprecated",
                 {LINK(2, UP, "eth0"), ADDRESS(2, "2001:db8::1", 64, .flags = IFA_F_DEPRECATED)},
                 0,
                 "2 eth0 up 2001:db8::1/64 deprecated;"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(buf_done) Buf datagram = {0}, list = {0};
                Interfaces interfaces = {0};

                for (const Message *message = rows[i].messages; message->type; message++)
                        put_message(&datagram, message);
                EXPECT_INT(rows[i].about,
                           interfaces_parse(&interfaces, datagram.data, datagram.size), rows[i].r);
                EXPECT_STR(rows[i].about, text_of(&interfaces, &list), rows[i].list);
        }
}

static void test_error(void)
{
        static const struct {
                const char *about;
                int error;
                size_t size;
                int r;
        } rows[] = {
                {"not permitted", -EPERM, sizeof(struct nlmsgerr), -EPERM},
                {"an acknowledgement that nobody asked for", 0, sizeof(struct nlmsgerr), -EBADMSG},
                {"cut off", -EPERM, sizeof(int), -EBADMSG},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                struct {
                        struct nlmsghdr head;
                        struct nlmsgerr error;
                } message = {
                        .head = {.nlmsg_type = NLMSG_ERROR,
                                 .nlmsg_len = (uint32_t)NLMSG_LENGTH(rows[i].size)},
                        .error.error = rows[i].error,
                };
                Interfaces interfaces = {0};

                EXPECT_INT(rows[i].about,
                           interfaces_parse(&interfaces, &message, message.head.nlmsg_len),
                           rows[i].r);
        }
}

/* A datagram that ends anywhere, and one whose inner lengths are cut: nothing is read beyond. */
static void test_cut(void)
{
        static const Message messages[] = {
                LINK(2, UP, "eth0", MAC("\x01")),
                ADDRESS(2, "2001:db8::1", 64),
        };
        _cleanup_(buf_done) Buf whole = {0};

        for (size_t i = 0; i < ELEMENTS(messages); i++)
                put_message(&whole, &messages[i]);
        for (size_t size = 0; size < whole.size; size++) {
                _cleanup_(freep) char *cut = malloc(size + 1); /* its end is a sanitizer's */
                Interfaces interfaces = {0};
                uint32_t length = (uint32_t)size;

                if (!cut)
                        abort();
                memcpy(cut, whole.data, size);
                EXPECT_INT("cut", interfaces_parse(&interfaces, cut, size), 0);
                EXPECT("cut", interfaces.n <= 1);
                if (size >= sizeof(length))
                        memcpy(cut, &length, sizeof(length));
                EXPECT_INT("shortened", interfaces_parse(&interfaces, cut, size), 0);
        }
}

static void test_limits(void)
{
        _cleanup_(freep) Interfaces *interfaces = calloc(1, sizeof(*interfaces));
        _cleanup_(buf_done) Buf datagram = {0};

        if (!interfaces)
                abort();
        for (int index = 100; index > 0; index--)
                put_message(&datagram, &(Message)LINK(index, UP, "x"));
        for (int i = 0; i < 40; i++)
                put_message(&datagram, &(Message)ADDRESS(64, "192.0.2.1", (unsigned char)i));
        put_message(&datagram, &(Message)ADDRESS(65, "192.0.2.1", 24));
        EXPECT_INT("many", interfaces_parse(interfaces, datagram.data, datagram.size), 0);
        EXPECT_INT("interfaces", interfaces->n, FACTS_INTERFACES_MAX);
        EXPECT_INT("the lowest", interfaces->items[0].index, 1);
        EXPECT_INT("the highest", interfaces->items[63].index, 64);
        EXPECT_INT("addresses", interfaces->items[63].n_addresses, FACTS_ADDRESSES_MAX);
        EXPECT_INT("the last", interfaces->items[63].addresses[31].prefix_length, 31);
}

int main(void)
{
        test_lists();
        test_error();
        test_cut();
        test_limits();
        return test_end();
}
