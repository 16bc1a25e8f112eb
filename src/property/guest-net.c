#include "property/guest-net.h"

#include "schema/tables.h"

#define NO_DEVICE (-1) /* deviceConfigId of what is none of the machine's virtual devices */

static NetIpConfigInfoIpAddress *describe_address(Arena *arena, const GuestAddress *address)
{
        NetIpConfigInfoIpAddress *told = arena_new_object(arena, NetIpConfigInfoIpAddress);

        if (told)
                *told = (NetIpConfigInfoIpAddress){
                        .type = &type_NetIpConfigInfoIpAddress,
                        .ip_address = arena_strdup(arena, address->text),
                        .prefix_length = address->prefix_length,
                        .state = (char *)(address->deprecated ? "deprecated" : "preferred"),
                };
        return told && told->ip_address ? told : NULL;
}

/* The same addresses twice: old clients know ipAddress only. */
static bool describe_addresses(Arena *arena, const GuestInterface *interface, GuestNicInfo *nic)
{
        size_t n = interface->n_addresses;
        char **texts = arena_array(arena, n + 1, sizeof(*texts));
        WireObject **objects = arena_array(arena, n + 1, sizeof(*objects));
        NetIpConfigInfo *config = arena_new_object(arena, NetIpConfigInfo);

        if (!texts || !objects || !config)
                return false;
        for (size_t i = 0; i < n; i++) {
                NetIpConfigInfoIpAddress *told = describe_address(arena, &interface->addresses[i]);

                if (!told)
                        return false;
                texts[i] = told->ip_address;
                objects[i] = (WireObject *)told;
        }
        *config = (NetIpConfigInfo){.type = &type_NetIpConfigInfo, .ip_address = {objects, n}};
        nic->ip_address = (WireStrings){texts, n};
        nic->ip_config = config;
        return true;
}

static GuestNicInfo *describe_interface(Arena *arena, const GuestInterface *interface)
{
        GuestNicInfo *nic = arena_new_object(arena, GuestNicInfo);

        if (!nic)
                return NULL;
        *nic = (GuestNicInfo){
                .type = &type_GuestNicInfo,
                .connected = interface->up,
                .device_config_id = NO_DEVICE,
        };
        if (interface->mac_address[0])
                nic->mac_address = arena_strdup(arena, interface->mac_address);
        if (interface->n_addresses > 0 && !describe_addresses(arena, interface, nic))
                return NULL;
        return nic;
}

void guest_net_fill(const PropertyContext *context, const Vm *vm, GuestInfo *info)
{
        const GuestFacts *facts = &vm->facts;
        WireObject **nics = arena_array(context->arena, facts->n_interfaces + 1, sizeof(*nics));

        if (facts->ip_address[0])
                info->ip_address = arena_strdup(context->arena, facts->ip_address);
        for (size_t i = 0; nics && i < facts->n_interfaces; i++) {
                nics[i] = (WireObject *)describe_interface(context->arena, &facts->interfaces[i]);
                if (!nics[i])
                        return;
        }
        if (nics)
                info->net = (WireObjects){nics, facts->n_interfaces};
}
