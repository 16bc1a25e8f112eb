#include "libvirt/domain-xml.h"

#include "base/test.h"

#define DOMAIN(inside)  "<domain type='kvm' id='1'>" inside "</domain>"
#define DEVICES(inside) DOMAIN("<devices>" inside "</devices>")
#define AGENT                                                                                      \
        "<channel type='unix'><source mode='bind' path='/run/a&amp;b.sock'/>"                      \
        "<target type='virtio' name='org.guestops.agent.0' state='connected'/></channel>"

static void test_domain(void)
{
        static const struct {
                const char *about, *text;
                int result;
                const char *name, *uuid, *vcpus, *vcpus_now, *memory;
        } rows[] = {
                {"all of it",
                 "<?xml version='1.0'?>\n<!-- x -->\n" DOMAIN(
                         "<name>web</name><uuid>4c4c4544</uuid><memory unit='KiB'>2</memory>"
                         "<currentMemory unit='KiB'>1</currentMemory>"
                         "<vcpu placement='static' current='3'>4</vcpu>"),
                 0, "web", "4c4c4544", "4", "3", "1"},
                {"nothing", DOMAIN(""), 0, NULL, NULL, NULL, NULL, NULL},
                {"entities and UTF-8", DOMAIN("<name>&lt;b&gt;\n\xc3\xa4</name>"), 0,
                 "<b>\n\xc3\xa4", NULL, NULL, NULL, NULL},
                {"others of that name",
                 DOMAIN("<a><name>x</name></a><name>y</name><name>z</name><b><c><d><e><name>x</"
                        "name>"
                        "</e></d></c></b>"),
                 0, "y", NULL, NULL, NULL, NULL},
                {"children within it", DOMAIN("<name>a<b>c</b>d</name>"), 0, "d", NULL, NULL, NULL,
                 NULL},
                {"no domain", "<network><name>x</name></network>", -EBADMSG, NULL, NULL, NULL, NULL,
                 NULL},
                {"a DTD", "<!DOCTYPE domain [<!ENTITY a 'b'>]>" DOMAIN("<name>&a;</name>"),
                 -EBADMSG, NULL, NULL, NULL, NULL, NULL},
                {"cut off", "<domain><name>x</name>", -EBADMSG, NULL, NULL, NULL, NULL, NULL},
                {"no XML", "hello", -EBADMSG, NULL, NULL, NULL, NULL, NULL},
                {"empty", "", -EBADMSG, NULL, NULL, NULL, NULL, NULL},
                {"not UTF-8", DOMAIN("<name>\xff</name>"), -EBADMSG, NULL, NULL, NULL, NULL, NULL},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(1 << 20);
                DomainXml domain = {0};

                EXPECT_INT(rows[i].about,
                           domain_xml_read(arena, rows[i].text, strlen(rows[i].text), &domain),
                           rows[i].result);
                EXPECT_STR(rows[i].about, domain.name, rows[i].name);
                EXPECT_STR(rows[i].about, domain.uuid, rows[i].uuid);
                EXPECT_STR(rows[i].about, domain.vcpus, rows[i].vcpus);
                EXPECT_STR(rows[i].about, domain.vcpus_now, rows[i].vcpus_now);
                EXPECT_STR(rows[i].about, domain.memory_kib, rows[i].memory);
        }
}

static void test_channels(void)
{
        static const struct {
                const char *about, *text;
                size_t n;
                const char *path, *mode, *state; /* of ours; all NULL: there is none */
        } rows[] = {
                {"ours", DEVICES(AGENT), 1, "/run/a&b.sock", "bind", "connected"},
                {"none", DEVICES(""), 0, NULL, NULL, NULL},
                {"others",
                 DEVICES("<channel type='spicevmc'><target type='virtio' "
                         "name='com.redhat.spice.0'/>"
                         "</channel><channel type='unix'><target type='guestfwd' "
                         "name='org.guestops.agent.0'/></channel>" AGENT),
                 3, "/run/a&b.sock", "bind", "connected"},
                {"twice",
                 DEVICES(AGENT "<channel type='pty'><target type='virtio' "
                               "name='org.guestops.agent.0'/></channel>"),
                 2, "/run/a&b.sock", "bind", "connected"},
                {"in the wrong place",
                 DOMAIN(AGENT "<metadata><devices>" AGENT "</devices></metadata>"), 0, NULL, NULL,
                 NULL},
                {"deeper",
                 DEVICES("<channel type='unix'><a><source path='/x'/></a><source><source "
                         "path='/y'/>"
                         "</source><target type='virtio' name='org.guestops.agent.0'/></channel>"
                         "<source path='/z'/>"),
                 1, NULL, NULL, NULL},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(1 << 20);
                const DomainChannel *channel;
                DomainXml domain = {0};
                size_t n = 0;

                EXPECT_INT(rows[i].about,
                           domain_xml_read(arena, rows[i].text, strlen(rows[i].text), &domain), 0);
                for (channel = domain.channels; channel; channel = channel->next)
                        n++;
                EXPECT_INT(rows[i].about, n, rows[i].n);
                channel = domain_xml_channel(&domain, "org.guestops.agent.0");
                EXPECT_STR(rows[i].about, channel ? channel->path : NULL, rows[i].path);
                EXPECT_STR(rows[i].about, channel ? channel->mode : NULL, rows[i].mode);
                EXPECT_STR(rows[i].about, channel ? channel->state : NULL, rows[i].state);
                EXPECT("another name", !domain_xml_channel(&domain, "org.qemu.guest_agent.0"));
        }
}

static void test_vsock(void)
{
        static const struct {
                const char *about, *text;
                bool has, is_auto;
                const char *cid;
        } rows[] = {
                {"none", DEVICES(""), false, false, NULL},
                {"its own", DEVICES("<vsock><cid auto='no' address='5'/></vsock>"), true, false,
                 "5"},
                {"not started", DEVICES("<vsock><cid auto='yes'/></vsock>"), true, true, NULL},
                {"started", DEVICES("<vsock><cid auto='yes' address='7'/></vsock>"), true, true,
                 "7"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(1 << 20);
                DomainXml domain = {0};

                EXPECT_INT(rows[i].about,
                           domain_xml_read(arena, rows[i].text, strlen(rows[i].text), &domain), 0);
                EXPECT(rows[i].about, domain.has_vsock == rows[i].has);
                EXPECT(rows[i].about, domain.vsock_is_auto == rows[i].is_auto);
                EXPECT_STR(rows[i].about, domain.vsock_cid, rows[i].cid);
        }
}

static void test_limits(void)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(4096);
        _cleanup_(freep) char *text = malloc(DOMAIN_XML_MAX + 1);
        DomainXml domain = {0};

        if (!text)
                abort();
        memset(text, ' ', DOMAIN_XML_MAX + 1);
        EXPECT_INT("too large", domain_xml_read(arena, text, DOMAIN_XML_MAX + 1, &domain),
                   -EMSGSIZE);
        memcpy(text, DOMAIN(""), strlen(DOMAIN("")));
        EXPECT_INT("just not", domain_xml_read(arena, text, DOMAIN_XML_MAX, &domain), 0);
        memset(text, ' ', strlen("<domain><name>"));
        memcpy(text, "<domain><name>", strlen("<domain><name>"));
        memset(text + strlen("<domain><name>"), 'x', 10000);
        memcpy(text + 10000, "</name></domain>", strlen("</name></domain>"));
        EXPECT_INT("a name that is no name",
                   domain_xml_read(arena, text, 10000 + strlen("</name></domain>"), &domain), 0);
        EXPECT_STR("is not taken", domain.name, NULL);
        for (size_t i = 0; i < 1000; i++)
                memcpy(text + 8 + i * 9, "<devices>", 9);
        EXPECT_INT("deep, and cut off", domain_xml_read(arena, text, 8 + 9000, &domain), -EBADMSG);
        EXPECT_INT("no memory",
                   domain_xml_read(arena, DOMAIN("<name>x</name>"),
                                   strlen(DOMAIN("<name>x</name>")), &domain),
                   0);
}

int main(void)
{
        test_domain();
        test_channels();
        test_vsock();
        test_limits();
        return test_end();
}
