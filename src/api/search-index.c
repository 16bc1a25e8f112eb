/* SearchIndex. Source: vSphere Web Services API, release 8.0.2.0. */

#include "api/handlers.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#define UUID_CHARS 36

static Moref reference(const Entity *entity)
{
        return (Moref){entity->type->name, entity->moid};
}

/* What is not found is unset, and no fault. */
static int reply_entity(Call *call, const Entity *entity, Usec now)
{
        const Moref found = entity ? reference(entity) : (Moref){0};

        call_reply(call, entity ? &found : NULL, now);
        return 0;
}

/* Return: the datacenter, or all where it is unset; NULL with a fault raised. */
static const Entity *find_scope(const Service *service, Call *call, const Moref *datacenter)
{
        const Entity *scope = NULL;

        if (!datacenter->value)
                return inventory_root(service->inventory);
        if (strcmp(datacenter->type, "Datacenter") == 0)
                scope = inventory_find(service->inventory, datacenter->type, datacenter->value);
        if (!scope)
                (void)call_fault_no_object(call, datacenter);
        return scope;
}

/* by UUID */

static const Entity *find_vm(const Inventory *inventory, const char *uuid)
{
        char lower[UUID_CHARS + 1] = "";
        const Vm *vm;

        if (strlen(uuid) != UUID_CHARS)
                return NULL;
        for (size_t i = 0; i < UUID_CHARS; i++)
                lower[i] = (char)tolower((unsigned char)uuid[i]);
        vm = inventory_find_uuid(inventory, lower);
        return vm ? &vm->entity : NULL;
}

static bool is_within(const Entity *entity, const Entity *scope)
{
        while (entity && entity != scope)
                entity = entity->parent;
        return entity;
}

/* A machine has one UUID, for BIOS and instance alike; of hosts none is known. */
static int find_uuid(const Service *service, Call *call, const Moref *datacenter, const char *uuid,
                     bool vm_search, const Entity **ret)
{
        const Entity *scope = find_scope(service, call, datacenter);
        const Entity *found;

        if (!scope)
                return -ENOENT;
        found = vm_search ? find_vm(service->inventory, uuid) : NULL;
        *ret = found && is_within(found, scope) ? found : NULL;
        return 0;
}

static int find_by_uuid(Service *service, Call *call, Usec now)
{
        const FindByUuidRequestType *args = call->params;
        const Entity *found;
        int r = find_uuid(service, call, &args->datacenter, args->uuid, args->vm_search, &found);

        return r < 0 ? r : reply_entity(call, found, now);
}

static int find_all_by_uuid(Service *service, Call *call, Usec now)
{
        const FindAllByUuidRequestType *args = call->params;
        const Entity *entity;
        Moref found = {0};
        int r = find_uuid(service, call, &args->datacenter, args->uuid, args->vm_search, &entity);

        if (r < 0)
                return r;
        if (entity)
                found = reference(entity);
        call_reply(call, &(WireMorefs){&found, entity != NULL}, now);
        return 0;
}

/* by what the guest tells of itself */

typedef struct Search {
        const Moref *datacenter;
        bool vm_search; /* for machines, else for hosts */
        bool (*matches)(const Entity *entity, const char *wanted);
        const char *wanted;
} Search;

/* Return: what is known of a machine's guest; nothing before its agent has spoken. */
static const GuestFacts *facts_of(const Entity *vm)
{
        static const GuestFacts nothing = {0};
        const GuestFacts *facts = &container_of(vm, const Vm, entity)->facts;

        return facts->known ? facts : &nothing;
}

static bool is_vm(const Entity *entity)
{
        return strcmp(entity->type->name, "VirtualMachine") == 0;
}

static bool has_dns_name(const Entity *entity, const char *wanted)
{
        const char *name = is_vm(entity) ? facts_of(entity)->host_name : entity->name;

        return *name && strcasecmp(name, wanted) == 0;
}

static bool guest_has_ip(const GuestFacts *facts, const char *wanted)
{
        for (size_t i = 0; facts->known && i < facts->n_interfaces; i++)
                for (size_t k = 0; k < facts->interfaces[i].n_addresses; k++)
                        if (strcmp(facts->interfaces[i].addresses[k].text, wanted) == 0)
                                return true;
        return false;
}

static bool has_ip(const Entity *entity, const char *wanted)
{
        return is_vm(entity) ? guest_has_ip(facts_of(entity), wanted)
                             : strcmp(entity->name, wanted) == 0;
}

/* Return: the entity behind this one in the tree below @scope, or NULL. */
static const Entity *next_below(const Entity *scope, const Entity *entity)
{
        const Entity *next = TAILQ_FIRST(&entity->children);

        for (; !next && entity != scope; entity = entity->parent)
                next = TAILQ_NEXT(entity, entry);
        return next;
}

static const Entity *next_match(const Search *search, const Entity *scope, const Entity *entity)
{
        const char *type = search->vm_search ? "VirtualMachine" : "HostSystem";

        do
                entity = next_below(scope, entity);
        while (entity &&
               (strcmp(entity->type->name, type) != 0 || !search->matches(entity, search->wanted)));
        return entity;
}

static int find_one(const Service *service, Call *call, const Search *search, Usec now)
{
        const Entity *scope = find_scope(service, call, search->datacenter);

        return scope ? reply_entity(call, next_match(search, scope, scope), now) : -ENOENT;
}

static int find_all(const Service *service, Call *call, const Search *search, Usec now)
{
        const Entity *scope = find_scope(service, call, search->datacenter);
        const Entity *entity;
        WireMorefs found = {0};
        size_t n = 0;

        if (!scope)
                return -ENOENT;
        for (entity = scope; (entity = next_match(search, scope, entity));)
                n++;
        found.items = arena_array(call->arena, n + 1, sizeof(*found.items));
        if (!found.items)
                return -ENOMEM;
        for (entity = scope; (entity = next_match(search, scope, entity));)
                found.items[found.n++] = reference(entity);
        call_reply(call, &found, now);
        return 0;
}

static int find_by_dns_name(Service *service, Call *call, Usec now)
{
        const FindByDnsNameRequestType *args = call->params;

        return find_one(service, call,
                        &(Search){&args->datacenter, args->vm_search, has_dns_name, args->dns_name},
                        now);
}

static int find_all_by_dns_name(Service *service, Call *call, Usec now)
{
        const FindAllByDnsNameRequestType *args = call->params;

        return find_all(service, call,
                        &(Search){&args->datacenter, args->vm_search, has_dns_name, args->dns_name},
                        now);
}

/* Writes an address as inet_ntop(3) does, for one can be written in many ways; "" for none. */
static void normalise_ip(const char *text, char ret[INET6_ADDRSTRLEN])
{
        struct in6_addr address; /* or one of IPv4 */
        int family = strchr(text, ':') ? AF_INET6 : AF_INET;

        ret[0] = '\0';
        if (inet_pton(family, text, &address) == 1)
                (void)inet_ntop(family, &address, ret, INET6_ADDRSTRLEN);
}

static int find_by_ip(Service *service, Call *call, Usec now)
{
        const FindByIpRequestType *args = call->params;
        char ip[INET6_ADDRSTRLEN];

        normalise_ip(args->ip, ip);
        return find_one(service, call, &(Search){&args->datacenter, args->vm_search, has_ip, ip},
                        now);
}

static int find_all_by_ip(Service *service, Call *call, Usec now)
{
        const FindAllByIpRequestType *args = call->params;
        char ip[INET6_ADDRSTRLEN];

        normalise_ip(args->ip, ip);
        return find_all(service, call, &(Search){&args->datacenter, args->vm_search, has_ip, ip},
                        now);
}

/* by place */

/* Return: the next character, which may be written as %2f and the like. */
static unsigned char take_character(const char **p)
{
        const char *s = *p;

        if (s[0] == '%' && isxdigit((unsigned char)s[1]) && isxdigit((unsigned char)s[2])) {
                const char digits[] = {s[1], s[2], '\0'};

                *p += 3;
                return (unsigned char)strtoul(digits, NULL, 16);
        }
        *p += 1;
        return (unsigned char)s[0];
}

/*
 * vSphere has slash, backslash and percent escaped in names, and clients escape them once more, or
 * not. So names are the same where they mean the same.
 */
static bool is_same_name(const char *name, const char *wanted, size_t size)
{
        const char *end = wanted + size;

        while (*name && wanted < end)
                if (take_character(&name) != take_character(&wanted))
                        return false;
        return !*name && wanted == end;
}

static const Entity *find_child_entity(const Entity *parent, const char *name, size_t size)
{
        const Entity *child;

        TAILQ_FOREACH (child, &parent->children, entry)
                if (is_same_name(child->name, name, size))
                        return child;
        return NULL;
}

static int find_child(Service *service, Call *call, Usec now)
{
        const FindChildRequestType *args = call->params;
        const Entity *parent =
                inventory_find(service->inventory, args->entity.type, args->entity.value);

        if (!parent)
                return call_fault_no_object(call, &args->entity);
        return reply_entity(call, find_child_entity(parent, args->name, strlen(args->name)), now);
}

/* A path begins below the root folder. */
static int find_by_inventory_path(Service *service, Call *call, Usec now)
{
        const FindByInventoryPathRequestType *args = call->params;
        const Entity *entity = inventory_root(service->inventory);
        const char *p = args->inventory_path;

        for (p += strspn(p, "/"); entity && *p; p += strspn(p, "/")) {
                size_t size = strcspn(p, "/");

                entity = find_child_entity(entity, p, size);
                p += size;
        }
        return reply_entity(call, entity, now);
}

/* There are no datastores: whichever "[name] path" names does not exist. */
static int find_by_datastore_path(Service *service, Call *call, Usec now)
{
        const FindByDatastorePathRequestType *args = call->params;
        const char *name = args->path[0] == '[' ? args->path + 1 : NULL;
        const char *end = name ? strchr(name, ']') : NULL;
        const Entity *datacenter = find_scope(service, call, &args->datacenter);

        (void)now;
        if (!datacenter)
                return -ENOENT;
        if (!end)
                return call_fault(call, FAULT_INVALID_DATASTORE, NULL,
                                  "'%s' names no datastore: it has to be '[datastore] path'.",
                                  args->path);
        name = arena_strndup(call->arena, name, (size_t)(end - name));
        return name ? call_fault(call, FAULT_INVALID_DATASTORE, name,
                                 "There is no datastore '%s' in datacenter '%s'.", name,
                                 datacenter->name)
                    : -ENOMEM;
}

const Handler search_index_handlers[] = {
        {"FindAllByDnsName", find_all_by_dns_name},
        {"FindAllByIp", find_all_by_ip},
        {"FindAllByUuid", find_all_by_uuid},
        {"FindByDatastorePath", find_by_datastore_path},
        {"FindByDnsName", find_by_dns_name},
        {"FindByInventoryPath", find_by_inventory_path},
        {"FindByIp", find_by_ip},
        {"FindByUuid", find_by_uuid},
        {"FindChild", find_child},
};
const size_t n_search_index_handlers = ELEMENTS(search_index_handlers);
