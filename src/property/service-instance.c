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
                        .view_manager = {"ViewManager", "ViewManager"},
                        .about = (AboutInfo *)context->about,
                        .session_manager = {"SessionManager", "SessionManager"},
                        .search_index = {"SearchIndex", "SearchIndex"},
                        .guest_operations_manager = {"GuestOperationsManager",
                                                     "guestOperationsManager"},
                };
        return content;
}

static int get_content(const PropertyContext *context, const Object *object, void *ret)
{
        (void)object;
        return property_object(service_content(context), ret);
}

static int get_server_clock(const PropertyContext *context, const Object *object, void *ret)
{
        (void)object;
        *(WireTime *)ret = (WireTime){true, context->wall};
        return 1;
}

static const Property service_instance[] = {
        {"capability", FORM_OBJECT, NULL, PRIVILEGE_VIEW, property_unset},
        {"content", FORM_OBJECT, &type_ServiceContent, PRIVILEGE_ANONYMOUS, get_content},
        {"serverClock", FORM_TIME, NULL, PRIVILEGE_VIEW, get_server_clock},
};
PROPERTIES(ServiceInstance, service_instance);
