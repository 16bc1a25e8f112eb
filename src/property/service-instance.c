/* ServiceInstance. Source: vSphere Web Services API, release 8.0.2.0. */

#include "property/tables.h"

ServiceContent *service_content(const PropertyContext *context)
{
        ServiceContent *content = arena_new_object(context->arena, ServiceContent);

        if (content)
                *content = (ServiceContent){
                        .type = &type_ServiceContent,
                        .root_folder = {"Folder", inventory_root(context->inventory)->moid},
                        .property_collector = {"PropertyCollector", "propertyCollector"},
                        .about = (AboutInfo *)context->about,
                        .session_manager = {"SessionManager", "SessionManager"},
                        .guest_operations_manager = {"GuestOperationsManager",
                                                     "guestOperationsManager"},
                };
        return content;
}

static int get_content(const PropertyContext *context, const Object *object, void *ret)
{
        (void)object;
        *(ServiceContent **)ret = service_content(context);
        return *(void **)ret ? 1 : -ENOMEM;
}

static const Property service_instance[] = {
        {"content", FORM_OBJECT, &type_ServiceContent, PRIVILEGE_ANONYMOUS, get_content},
};
PROPERTIES(ServiceInstance, service_instance);
