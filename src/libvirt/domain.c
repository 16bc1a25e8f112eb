#include "libvirt/domain.h"

#include "base/utf8.h"

#include <libvirt/virterror.h>
#include <stdio.h>

int domain_complain(const char *thing, const char *cause)
{
        _cleanup_(freep) char *line = NULL;

        if (asprintf(&line, "guestops: %s: %s", thing, cause) < 0) {
                line = NULL;
                return -EIO;
        }
        utf8_defuse_line(line);
        (void)fprintf(stderr, "%s\n", line);
        return -EIO;
}

int domain_complain_of_libvirt(const char *thing)
{
        const char *message = virGetLastErrorMessage();

        return domain_complain(thing, str_is_empty(message) ? "libvirt does not say why" : message);
}

static void say_nothing(void *user, virErrorPtr error)
{
        (void)user;
        (void)error;
}

static virDomainPtr find(virConnectPtr connection, const char *name)
{
        virDomainPtr domain = virDomainLookupByName(connection, name);

        if (!domain)
                domain = virDomainLookupByUUIDString(connection, name);
        if (!domain) /* once more: its last error is the one that helps */
                domain = virDomainLookupByName(connection, name);
        return domain;
}

int domain_open(const char *uri, unsigned int flags, const char *name, DomainUse *ret)
{
        DomainUse use = {.label = strdup(name)};

        if (!use.label)
                return -ENOMEM;
        utf8_defuse_line(use.label);
        virSetErrorFunc(NULL, say_nothing);
        use.connection = virConnectOpenAuth(uri, virConnectAuthPtrDefault, flags);
        if (!use.connection) {
                domain_close(&use);
                return domain_complain_of_libvirt(uri ? uri : "libvirt");
        }
        use.domain = find(use.connection, name);
        if (!use.domain) {
                (void)domain_complain_of_libvirt(use.label);
                domain_close(&use);
                return -EIO;
        }
        use.active = virDomainIsActive(use.domain) == 1;
        use.persistent = virDomainIsPersistent(use.domain) == 1;
        *ret = use;
        return 0;
}

void domain_close(DomainUse *use)
{
        if (use->domain)
                (void)virDomainFree(use->domain);
        if (use->connection)
                (void)virConnectClose(use->connection);
        free(use->label);
        *use = (DomainUse){0};
}

int domain_describe(const DomainUse *use, bool live, Arena *arena, DomainXml *ret)
{
        _cleanup_(freep) char *xml =
                virDomainGetXMLDesc(use->domain, live ? 0 : VIR_DOMAIN_XML_INACTIVE);
        int r;

        if (!xml)
                return domain_complain_of_libvirt(use->label);
        r = domain_xml_read(arena, xml, strlen(xml), ret);
        if (r < 0)
                return domain_complain(use->label, "its description cannot be read");
        return 0;
}
