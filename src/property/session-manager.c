/* SessionManager. Source: vSphere Web Services API, release 8.0.2.0. */

#include "property/tables.h"

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

static int get_current_session(const PropertyContext *context, const Object *object, void *ret)
{
        (void)object;
        if (!context->session)
                return 0;
        *(UserSession **)ret = session_describe(context->arena, context->session);
        return *(void **)ret ? 1 : -ENOMEM;
}

static const Property session_manager[] = {
        {"currentSession", FORM_OBJECT, &type_UserSession, PRIVILEGE_ANONYMOUS,
         get_current_session},
};
PROPERTIES(SessionManager, session_manager);
