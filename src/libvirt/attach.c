/*
 * attach, detach: a channel for the agent, and a vsock where it is asked for, in what the domain is
 * started with and in what runs. Each is told by itself, and what is done already is not done
 * again.
 *
 * Source: https://libvirt.org/formatdomain.html; virDomainAttachDeviceFlags().
 */

#include "base/buf.h"
#include "libvirt/commands.h"
#include "libvirt/domain.h"

#include <getopt.h>
#include <stdio.h>

#define ARENA_BYTES_MAX (2 * DOMAIN_XML_MAX)
#define DEVICE_MAX      ((size_t)64 << 10)
#define PORT_MAX        100 /* bytes; a UNIX socket's path ends in it */
#define VHOST_VSOCK     "/dev/vhost-vsock"
#define CID_FIRST       3
#define CID_LAST        (UINT32_MAX - 1)
#define PORT_CHARS      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

typedef struct Wish {
        bool detach;
        const char *uri, *domain, *port;
        bool vsock;
        uint32_t cid; /* 0: one that libvirt chooses */
} Wish;

/* One of the two places. */
typedef struct Place {
        const char *name; /* libvirt's word for it */
        unsigned int flag;
        bool live;
} Place;

static const Place places[] = {
        {"persistent", VIR_DOMAIN_AFFECT_CONFIG, false},
        {"live", VIR_DOMAIN_AFFECT_LIVE, true},
};

/* One of the devices. */
typedef struct Device {
        const char *what;
        const char *in_the_way; /* of one that cannot serve */
        /* Return: whether it is there; a negative errno where another one is in the way. */
        int (*look)(const Wish *wish, const DomainXml *xml);
        /* Writes it as it is to be, or as it is there. */
        void (*write)(const Wish *wish, const DomainXml *xml, Buf *out);
} Device;

/* the channel */

static int look_for_channel(const Wish *wish, const DomainXml *xml)
{
        const DomainChannel *channel = domain_xml_channel(xml, wish->port);

        if (!channel)
                return 0;
        return wish->detach || (channel->type && strcmp(channel->type, "unix") == 0) ? 1 : -EEXIST;
}

static void put_attribute(Buf *out, const char *name, const char *value)
{
        static const struct {
                char c;
                const char *entity;
        } rows[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'\'', "&apos;"}};

        if (!value)
                return;
        buf_putf(out, " %s='", name);
        for (; *value; value++) {
                size_t i = 0;

                while (i < ELEMENTS(rows) && rows[i].c != *value)
                        i++;
                if (i < ELEMENTS(rows))
                        buf_puts(out, rows[i].entity);
                else
                        buf_putc(out, *value);
        }
        buf_putc(out, '\'');
}

static void write_channel(const Wish *wish, const DomainXml *xml, Buf *out)
{
        const DomainChannel *there = domain_xml_channel(xml, wish->port);

        buf_puts(out, "<channel");
        put_attribute(out, "type", there && there->type ? there->type : "unix");
        buf_putc(out, '>');
        if (there && there->path) {
                buf_puts(out, "<source");
                put_attribute(out, "mode", there->mode);
                put_attribute(out, "path", there->path);
                buf_puts(out, "/>");
        }
        buf_puts(out, "<target type='virtio'");
        put_attribute(out, "name", wish->port);
        buf_puts(out, "/></channel>");
}

/* vsock */

static int look_for_vsock(const Wish *wish, const DomainXml *xml)
{
        char cid[16];

        if (!xml->has_vsock || wish->detach || !wish->cid)
                return xml->has_vsock;
        (void)snprintf(cid, sizeof(cid), "%u", wish->cid);
        return xml->vsock_cid && strcmp(xml->vsock_cid, cid) == 0 ? 1 : -EEXIST;
}

static void write_vsock(const Wish *wish, const DomainXml *xml, Buf *out)
{
        char cid[16];

        (void)snprintf(cid, sizeof(cid), "%u", wish->cid);
        buf_puts(out, "<vsock model='virtio'><cid");
        put_attribute(out, "auto",
                      (xml->has_vsock ? xml->vsock_is_auto : !wish->cid) ? "yes" : "no");
        put_attribute(out, "address", xml->has_vsock ? xml->vsock_cid : wish->cid ? cid : NULL);
        buf_puts(out, "/></vsock>");
}

/* With a vsock and without that device no machine starts. Another host says so itself. */
static int check_vsock(const DomainUse *use)
{
        _cleanup_(freep) char *uri = virConnectGetURI(use->connection);
        const char *server = uri ? strstr(uri, "://") : NULL;

        if (!server || server[3] != '/' || access(VHOST_VSOCK, F_OK) == 0)
                return 0;
        return domain_complain(VHOST_VSOCK, "this host has no vsock for machines, nothing has been "
                                            "changed; 'modprobe vhost_vsock' brings it");
}

/* the work */

static void tell(const DomainUse *use, const Place *place, const char *what, const char *how)
{
        (void)printf("%s: %s: %s %s\n", use->label, place->name, what, how);
}

static int complain_of(const DomainUse *use, const Place *place, const char *what, const char *why)
{
        _cleanup_(freep) char *thing = NULL;

        if (asprintf(&thing, "%s: %s: %s", use->label, place->name, what) < 0) {
                thing = NULL;
                return -EIO;
        }
        return why ? domain_complain(thing, why) : domain_complain_of_libvirt(thing);
}

static int change(const Wish *wish, const DomainUse *use, const Place *place, const Device *device)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_BYTES_MAX);
        _cleanup_(buf_done) Buf text = {.max = DEVICE_MAX};
        const char *what = device->what;
        DomainXml xml = {0};
        int r;

        if (!arena)
                return -ENOMEM;
        r = domain_describe(use, place->live, arena, &xml);
        if (r < 0)
                return r;
        r = device->look(wish, &xml);
        if (r < 0)
                return complain_of(use, place, what, device->in_the_way);
        if (r > 0 ? !wish->detach : wish->detach) {
                tell(use, place, what, wish->detach ? "is not there" : "is there already");
                return 0;
        }
        device->write(wish, &xml, &text);
        if (!buf_text(&text))
                return -ENOMEM;
        r = (wish->detach ? virDomainDetachDeviceFlags
                          : virDomainAttachDeviceFlags)(use->domain, text.data, place->flag);
        if (r < 0)
                return complain_of(use, place, what, NULL);
        tell(use, place, what, wish->detach ? "removed" : "added");
        return 0;
}

/* What is not done while it runs is done at the next start, if it is written down. */
static void advise(const DomainUse *use, bool written)
{
        if (written)
                (void)domain_complain(use->label, "it takes effect when it has been shut down and "
                                                  "started again; a reboot is not enough");
        else if (!use->persistent)
                (void)domain_complain(use->label, "it is transient: what it is created from has to "
                                                  "be changed, and it created anew");
}

static int change_everywhere(const Wish *wish, const DomainUse *use, const Device *device)
{
        bool written = false;
        int r = 0;

        for (size_t i = 0; i < ELEMENTS(places); i++) {
                int one;

                if (places[i].live ? !use->active : !use->persistent)
                        continue;
                one = change(wish, use, &places[i], device);
                if (one < 0 && places[i].live)
                        advise(use, written);
                written = one >= 0;
                if (one < 0)
                        r = one;
        }
        return r;
}

static int carry_out(const Wish *wish)
{
        static const Device devices[] = {
                {"channel", "there is one already that is no UNIX socket; 'virsh edit' changes it",
                 look_for_channel, write_channel},
                {"vsock", "there is one already with another CID; 'virsh edit' changes it",
                 look_for_vsock, write_vsock},
        };
        _cleanup_(domain_close) DomainUse use = {0};
        int r;

        r = domain_open(wish->uri, 0, wish->domain, &use);
        if (r >= 0 && wish->vsock && !wish->detach)
                r = check_vsock(&use);
        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTS(devices); i++)
                if (devices[i].look != look_for_vsock || wish->vsock) {
                        int one = change_everywhere(wish, &use, &devices[i]);

                        if (one < 0)
                                r = one;
                }
        return r;
}

/* options */

static int take_cid(const char *text, uint32_t *ret)
{
        char *end = NULL;
        unsigned long long value;

        if (!text)
                return 0;
        errno = 0;
        value = strtoull(text, &end, 10);
        if (errno || end == text || *end || *text == '-' || value < CID_FIRST || value > CID_LAST)
                return domain_complain(text, "a vsock CID is a number from 3 to 4294967294");
        *ret = (uint32_t)value;
        return 0;
}

static int take_port(const char *text, const char **ret)
{
        size_t n = strlen(text);

        if (n == 0 || n > PORT_MAX || strspn(text, PORT_CHARS) != n)
                return domain_complain(text, "a port's name has 1 to 100 letters, digits and ._-");
        *ret = text;
        return 0;
}

static int parse(int argc, char **argv, Wish *ret)
{
        enum { OPTION_PORT = 256, OPTION_VSOCK };
        static const struct option options[] = {
                {"connect", required_argument, NULL, 'c'},
                {"port", required_argument, NULL, OPTION_PORT},
                {"vsock", optional_argument, NULL, OPTION_VSOCK},
                {0},
        };
        int r = 0;
        int c;

        while (r >= 0 && (c = getopt_long(argc, argv, "c:", options, NULL)) >= 0) {
                if (c == 'c')
                        ret->uri = optarg;
                else if (c == OPTION_PORT)
                        r = take_port(optarg, &ret->port);
                else if (c == OPTION_VSOCK)
                        r = take_cid(optarg, &ret->cid);
                else
                        r = -EINVAL;
                ret->vsock |= c == OPTION_VSOCK;
        }
        if (r >= 0 && optind != argc - 1)
                r = domain_complain(argv[0], "it takes one DOMAIN");
        if (r >= 0)
                ret->domain = argv[optind];
        return r;
}

static int run(Wish wish, int argc, char **argv)
{
        (void)setvbuf(stdout, NULL, _IOLBF, 0); /* in one order with the complaints */
        if (parse(argc, argv, &wish) < 0)
                return 2;
        return carry_out(&wish) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int command_attach(int argc, char **argv)
{
        return run((Wish){.port = AGENT_PORT}, argc, argv);
}

int command_detach(int argc, char **argv)
{
        return run((Wish){.port = AGENT_PORT, .detach = true}, argc, argv);
}
