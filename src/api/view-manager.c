/* ViewManager, and the views it makes. Source: vSphere Web Services API, release 8.0.2.0. */

#include "api/handlers.h"
#include "property/view.h"

static bool is_container(const Object *object)
{
        static const char *const types[] = {"Folder", "Datacenter", "ComputeResource",
                                            "ResourcePool", "HostSystem"};

        for (size_t i = 0; object->entity && i < ELEMENTS(types); i++)
                if (strcmp(object->type->name, types[i]) == 0)
                        return true;
        return false;
}

static int reply_view(Call *call, int r, const OwnObject *view, Usec now)
{
        Moref reference;

        if (r == -EUSERS)
                return call_fault_too_many(call);
        if (r == -EINVAL)
                return call_fault(call, FAULT_INVALID_ARGUMENT, "type",
                                  "A view is of at most %u types.", VIEW_TYPES_MAX);
        if (r < 0)
                return r;
        reference = (Moref){view->type->name, view->moid};
        call_reply(call, &reference, now);
        return 0;
}

static int create_container_view(Service *service, Call *call, Usec now)
{
        const CreateContainerViewRequestType *args = call->params;
        OwnObject *view = NULL;
        Object container;
        int r;

        if (object_find(service->inventory, &args->container, &container) < 0)
                return call_fault_no_object(call, &args->container);
        if (!is_container(&container))
                return call_fault(call, FAULT_INVALID_ARGUMENT, "container",
                                  "A %s is no container of managed entities.",
                                  args->container.type);
        r = view_new_container(call->session, container.entity, &args->managed_types,
                               args->recursive, &view);
        return reply_view(call, r, view, now);
}

static int create_list_view(Service *service, Call *call, Usec now)
{
        const CreateListViewRequestType *args = call->params;
        OwnObject *view = NULL;
        int r;

        (void)service;
        r = view_new_list(call->session, &args->obj, &view);
        return reply_view(call, r, view, now);
}

const Handler view_manager_handlers[] = {
        {"CreateContainerView", create_container_view},
        {"CreateListView", create_list_view},
};
const size_t n_view_manager_handlers = ELEMENTS(view_manager_handlers);

static int destroy_view(Service *service, Call *call, Usec now)
{
        (void)service;
        own_end(own_find(call->session, call->receiver.type, call->receiver.value));
        call_reply(call, NULL, now);
        return 0;
}

const Handler view_handlers[] = {
        {"DestroyView", destroy_view},
};
const size_t n_view_handlers = ELEMENTS(view_handlers);
