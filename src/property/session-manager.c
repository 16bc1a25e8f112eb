/* SessionManager. Source: vSphere Web Services API, release 8.0.2.0. */

#include "property/tables.h"

static const char locale[] = "en";

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
                        .message_locale = (char *)locale,
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
        return property_object(session_describe(context->arena, context->session), ret);
}

/* All texts are in one language, whatever a session's locale. */
static int get_locale(const PropertyContext *context, const Object *object, void *ret)
{
        (void)context;
        (void)object;
        *(char **)ret = (char *)locale;
        return 1;
}

static int get_locale_list(const PropertyContext *context, const Object *object, void *ret)
{
        char **items = arena_array(context->arena, 1, sizeof(*items));

        (void)object;
        if (!items)
                return -ENOMEM;
        items[0] = (char *)locale;
        *(WireStrings *)ret = (WireStrings){items, 1};
        return 1;
}

static int get_session_list(const PropertyContext *context, const Object *object, void *ret)
{
        const Session *session = NULL;
        WireObjects list = {0};
        size_t n = 0;

        (void)object;
        while ((session = sessions_next(context->sessions, session)))
                n++;
        list.items = arena_array(context->arena, n + 1, sizeof(*list.items));
        if (!list.items)
                return -ENOMEM;
        while ((session = sessions_next(context->sessions, session))) {
                list.items[list.n] = (WireObject *)session_describe(context->arena, session);
                if (!list.items[list.n++])
                        return -ENOMEM;
        }
        *(WireObjects *)ret = list;
        return 1;
}

static const Property session_manager[] = {
        {"currentSession", FORM_OBJECT, &type_UserSession, PRIVILEGE_ANONYMOUS,
         get_current_session},
        {"defaultLocale", FORM_STRING, NULL, PRIVILEGE_ANONYMOUS, get_locale},
        {"message", FORM_STRING, NULL, PRIVILEGE_VIEW, property_unset},
        {"messageLocaleList", FORM_STRINGS, NULL, PRIVILEGE_ANONYMOUS, get_locale_list},
        {"sessionList", FORM_OBJECTS, &type_UserSession, "Sessions.TerminateSession",
         get_session_list},
        {"supportedLocaleList", FORM_STRINGS, NULL, PRIVILEGE_ANONYMOUS, get_locale_list},
};
PROPERTIES(SessionManager, session_manager);
