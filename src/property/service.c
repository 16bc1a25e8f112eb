/* Properties of the service's own objects. */

#include "property/tables.h"

ServiceContent *service_content(const PropertyContext *context)
{
        ServiceContent *content = arena_new_object(context->arena, ServiceContent);

        if (content)
                *content = (ServiceContent){
                        .type = &type_ServiceContent,
                        .view_manager = {"ViewManager", "ViewManager"},
                        .search_index = {"SearchIndex", "SearchIndex"},
                        .root_folder = {"Folder", inventory_root(context->inventory)->moid},
                        .property_collector = {"PropertyCollector", "propertyCollector"},
                        .about = (AboutInfo *)context->about,
                        .session_manager = {"SessionManager", "SessionManager"},
                        .guest_operations_manager = {"GuestOperationsManager",
                                                     "guestOperationsManager"},
                };
        return content;
}

UserSession *session_describe(Arena *arena, const Session *session)
{
        UserSession *described = arena_new_object(arena, UserSession);

        if (described)
                *described = (UserSession){
                        .type = &type_UserSession,
                        .key = arena_strdup(arena, session->key),
                        .user_name = arena_strdup(arena, session->user),
                        .full_name = arena_strdup(arena, session->user),
                        .login_time = {true, session->login_time},
                        .last_active_time = {true, session->last_active_time},
                        .locale = arena_strdup(arena, session->locale),
                        .message_locale = (char *)"en",
                        .ip_address = arena_strdup(arena, session->address),
                        .user_agent = arena_strdup(arena, session->user_agent),
                        .call_count = session->call_count,
                };
        return described;
}

static int get_content(const PropertyContext *context, const Object *object, void *ret)
{
        (void)object;
        *(ServiceContent **)ret = service_content(context);
        return *(void **)ret ? 1 : -ENOMEM;
}

static int get_current_session(const PropertyContext *context, const Object *object, void *ret)
{
        (void)object;
        if (!context->session)
                return 0;
        *(UserSession **)ret = session_describe(context->arena, context->session);
        return *(void **)ret ? 1 : -ENOMEM;
}

static int get_process_manager(const PropertyContext *context, const Object *object, void *ret)
{
        (void)context;
        (void)object;
        *(Moref *)ret = (Moref){"GuestProcessManager", "guestOperationsProcessManager"};
        return 1;
}

static int get_auth_manager(const PropertyContext *context, const Object *object, void *ret)
{
        (void)context;
        (void)object;
        *(Moref *)ret = (Moref){"GuestAuthManager", "guestOperationsAuthManager"};
        return 1;
}

/* Managers that this service does not have. */
static int get_unset(const PropertyContext *context, const Object *object, void *ret)
{
        (void)context;
        (void)object;
        (void)ret;
        return 0;
}

static const Property guest_operations_manager[] = {
        {"aliasManager", FORM_MOREF, NULL, "System.Anonymous", get_unset},
        {"authManager", FORM_MOREF, NULL, "System.Anonymous", get_auth_manager},
        {"fileManager", FORM_MOREF, NULL, "System.Anonymous", get_unset},
        {"guestWindowsRegistryManager", FORM_MOREF, NULL, "System.Anonymous", get_unset},
        {"processManager", FORM_MOREF, NULL, "System.Anonymous", get_process_manager},
};
PROPERTIES(GuestOperationsManager, guest_operations_manager);

static const Property service_instance[] = {
        {"content", FORM_OBJECT, &type_ServiceContent, "System.Anonymous", get_content},
};
PROPERTIES(ServiceInstance, service_instance);

static const Property session_manager[] = {
        {"currentSession", FORM_OBJECT, &type_UserSession, "System.Anonymous", get_current_session},
};
PROPERTIES(SessionManager, session_manager);
