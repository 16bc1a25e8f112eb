#pragma once

/* The service itself, and who is logged in. */

#include "schema/type.h"

/* Methods that take nothing but the object they are called on. */
typedef struct NoParameters {
        const WireType *type;
} NoParameters;

typedef struct AboutInfo {
        const WireType *type;
        char *name;
        char *full_name;
        char *vendor;
        char *version;
        char *build;
        char *locale_version;
        char *locale_build;
        char *os_type;
        char *product_line_id;
        char *api_type;
        char *api_version;
        char *instance_uuid;
} AboutInfo;

typedef struct ServiceContent {
        const WireType *type;
        Moref root_folder;
        Moref property_collector;
        Moref view_manager;
        AboutInfo *about;
        Moref session_manager;
        Moref search_index;
        Moref guest_operations_manager;
} ServiceContent;

typedef struct UserSession {
        const WireType *type;
        char *key;
        char *user_name;
        char *full_name;
        WireTime login_time;
        WireTime last_active_time;
        char *locale;
        char *message_locale;
        bool extension_session;
        char *ip_address;
        char *user_agent;
        int64_t call_count;
} UserSession;

typedef struct LoginRequestType {
        const WireType *type;
        char *user_name;
        char *password;
        char *locale;
} LoginRequestType;

typedef struct SessionIsActiveRequestType {
        const WireType *type;
        char *session_id;
        char *user_name;
} SessionIsActiveRequestType;

typedef struct TerminateSessionRequestType {
        const WireType *type;
        WireStrings session_id;
} TerminateSessionRequestType;

typedef struct SetLocaleRequestType {
        const WireType *type;
        char *locale;
} SetLocaleRequestType;

#define TYPES_SERVICE(X)                                                                           \
        X(AboutInfo)                                                                               \
        X(LoginRequestType)                                                                        \
        X(NoParameters)                                                                            \
        X(ServiceContent)                                                                          \
        X(SessionIsActiveRequestType)                                                              \
        X(SetLocaleRequestType)                                                                    \
        X(TerminateSessionRequestType)                                                             \
        X(UserSession)
