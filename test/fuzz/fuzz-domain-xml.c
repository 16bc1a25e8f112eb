/* A domain's description: what is taken from it is text that can be told on. */

#include "base/utf8.h"
#include "libvirt/domain-xml.h"

#include "fuzz.h"

#define ARENA_MAX ((size_t)8 << 20)

static void check_text(const char *text)
{
        MUST(!text || utf8_is_valid(text, strlen(text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
        DomainXml domain = {0};

        if (!arena || domain_xml_read(arena, (const char *)data, size, &domain) < 0)
                return 0;
        check_text(domain.name);
        check_text(domain.uuid);
        check_text(domain.vcpus);
        check_text(domain.vcpus_now);
        check_text(domain.memory_kib);
        check_text(domain.vsock_cid);
        for (const DomainChannel *channel = domain.channels; channel; channel = channel->next) {
                check_text(channel->type);
                check_text(channel->target);
                check_text(channel->name);
                check_text(channel->mode);
                check_text(channel->path);
                check_text(channel->state);
        }
        (void)domain_xml_channel(&domain, "org.guestops.agent.0");
        return 0;
}
