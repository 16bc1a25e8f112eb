/*
 * describe: what guestops(1) has to know of a domain to say what is wrong with it, as one JSON
 * object on standard output.
 */

#include "libvirt/commands.h"
#include "libvirt/domain.h"

#include <jansson.h>
#include <libvirt/virterror.h>
#include <stdio.h>

#define ARENA_BYTES_MAX (2 * DOMAIN_XML_MAX)

static const char *state_name(virDomainPtr domain)
{
        static const char *const names[] = {
                [VIR_DOMAIN_NOSTATE] = "unknown",   [VIR_DOMAIN_RUNNING] = "running",
                [VIR_DOMAIN_BLOCKED] = "running",   [VIR_DOMAIN_PAUSED] = "paused",
                [VIR_DOMAIN_SHUTDOWN] = "shutdown", [VIR_DOMAIN_SHUTOFF] = "shutoff",
                [VIR_DOMAIN_CRASHED] = "crashed",   [VIR_DOMAIN_PMSUSPENDED] = "pmsuspended",
        };
        int state = VIR_DOMAIN_NOSTATE;
        int reason;

        if (virDomainGetState(domain, &state, &reason, 0) < 0 || state < 0 ||
            (size_t)state >= ELEMENTS(names))
                return names[VIR_DOMAIN_NOSTATE];
        return names[state];
}

/* What is not there is left out. */
static void set_text(json_t *object, const char *name, const char *text)
{
        if (text)
                (void)json_object_set_new(object, name, json_string(text));
}

static json_t *describe_place(const DomainUse *use, bool live)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_BYTES_MAX);
        json_t *place, *channels = json_array();
        DomainXml xml = {0};

        if (!arena || domain_describe(use, live, arena, &xml) < 0) {
                json_decref(channels);
                return NULL;
        }
        for (const DomainChannel *channel = xml.channels; channel; channel = channel->next) {
                json_t *row = json_object();

                set_text(row, "type", channel->type);
                set_text(row, "target", channel->target);
                set_text(row, "name", channel->name);
                set_text(row, "mode", channel->mode);
                set_text(row, "path", channel->path);
                set_text(row, "state", channel->state);
                (void)json_array_append_new(channels, row);
        }
        place = json_object();
        (void)json_object_set_new(place, "channels", channels);
        (void)json_object_set_new(place, "vsock", json_boolean(xml.has_vsock));
        set_text(place, "cid", xml.vsock_cid);
        return place;
}

/* Labels of the running domain: that of the file system's owner is "+UID:+GID". */
static json_t *describe_labels(virDomainPtr domain)
{
        json_t *labels = json_array();
        virSecurityLabelPtr rows = NULL;
        int n = virDomainGetSecurityLabelList(domain, &rows);

        for (int i = 0; i < n; i++)
                if (rows[i].label[0])
                        (void)json_array_append_new(labels,
                                                    json_pack("{s:s, s:b}", "label", rows[i].label,
                                                              "enforcing", rows[i].enforcing));
        free(rows);
        return labels;
}

static json_t *describe(const DomainUse *use)
{
        char uuid[VIR_UUID_STRING_BUFLEN] = "";
        _cleanup_(freep) char *uri = virConnectGetURI(use->connection);
        json_t *all = json_object();

        (void)virDomainGetUUIDString(use->domain, uuid);
        set_text(all, "name", virDomainGetName(use->domain));
        set_text(all, "uuid", uuid);
        set_text(all, "uri", uri);
        set_text(all, "state", state_name(use->domain));
        (void)json_object_set_new(all, "persistent", json_boolean(use->persistent));
        if (use->persistent)
                (void)json_object_set_new(all, "config", describe_place(use, false));
        if (use->active) {
                (void)json_object_set_new(all, "live", describe_place(use, true));
                (void)json_object_set_new(all, "labels", describe_labels(use->domain));
        }
        return all;
}

/* @argv: DOMAIN [URI] */
int command_describe(int argc, char **argv)
{
        _cleanup_(domain_close) DomainUse use = {0};
        json_t *all;
        int r;

        if (argc < 2 || argc > 3) {
                (void)domain_complain(argv[0], "it takes DOMAIN, and a URI if need be");
                return 2;
        }
        if (domain_open(argc > 2 ? argv[2] : NULL, VIR_CONNECT_RO, argv[1], &use) < 0)
                return EXIT_FAILURE;
        all = describe(&use);
        r = json_dumpf(all, stdout, JSON_COMPACT);
        json_decref(all);
        return r < 0 || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
