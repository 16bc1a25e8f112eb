/* The service itself, and who is logged in. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/tables.h"

DEFINE_EMPTY_TYPE(NoParameters);

static const WireField about_info[] = {
        {"name", AT(AboutInfo, name), REQUIRED},
        {"fullName", AT(AboutInfo, full_name), REQUIRED},
        {"vendor", AT(AboutInfo, vendor), REQUIRED},
        {"version", AT(AboutInfo, version), REQUIRED},
        {"build", AT(AboutInfo, build), REQUIRED},
        {"localeVersion", AT(AboutInfo, locale_version), OPTIONAL},
        {"localeBuild", AT(AboutInfo, locale_build), OPTIONAL},
        {"osType", AT(AboutInfo, os_type), REQUIRED},
        {"productLineId", AT(AboutInfo, product_line_id), REQUIRED},
        {"apiType", AT(AboutInfo, api_type), REQUIRED},
        {"apiVersion", AT(AboutInfo, api_version), REQUIRED},
        {"instanceUuid", AT(AboutInfo, instance_uuid), OPTIONAL},
};
DEFINE_TYPE(AboutInfo, about_info);

static const WireField service_content[] = {
        {"rootFolder", AT(ServiceContent, root_folder), REQUIRED},
        {"propertyCollector", AT(ServiceContent, property_collector), REQUIRED},
        {"viewManager", AT(ServiceContent, view_manager), OPTIONAL},
        {"about", POINTS(ServiceContent, about, AboutInfo), REQUIRED, &type_AboutInfo},
        {"sessionManager", AT(ServiceContent, session_manager), OPTIONAL},
        {"searchIndex", AT(ServiceContent, search_index), OPTIONAL},
        {"guestOperationsManager", AT(ServiceContent, guest_operations_manager), OPTIONAL},
};
DEFINE_TYPE(ServiceContent, service_content);

static const WireField user_session[] = {
        {"key", AT(UserSession, key), REQUIRED},
        {"userName", AT(UserSession, user_name), REQUIRED},
        {"fullName", AT(UserSession, full_name), REQUIRED},
        {"loginTime", AT(UserSession, login_time), REQUIRED},
        {"lastActiveTime", AT(UserSession, last_active_time), REQUIRED},
        {"locale", AT(UserSession, locale), REQUIRED},
        {"messageLocale", AT(UserSession, message_locale), REQUIRED},
        {"extensionSession", AT(UserSession, extension_session), REQUIRED},
        {"ipAddress", AT(UserSession, ip_address), REQUIRED},
        {"userAgent", AT(UserSession, user_agent), REQUIRED},
        {"callCount", AT(UserSession, call_count), REQUIRED},
};
DEFINE_TYPE(UserSession, user_session);

static const WireField login[] = {
        {"userName", AT(LoginRequestType, user_name), REQUIRED},
        {"password", AT(LoginRequestType, password), REQUIRED},
        {"locale", AT(LoginRequestType, locale), OPTIONAL},
};
DEFINE_TYPE(LoginRequestType, login);

static const WireField session_is_active[] = {
        {"sessionID", AT(SessionIsActiveRequestType, session_id), REQUIRED},
        {"userName", AT(SessionIsActiveRequestType, user_name), REQUIRED},
};
DEFINE_TYPE(SessionIsActiveRequestType, session_is_active);

static const WireField terminate_session[] = {
        {"sessionId", AT(TerminateSessionRequestType, session_id), REQUIRED},
};
DEFINE_TYPE(TerminateSessionRequestType, terminate_session);

static const WireField set_locale[] = {
        {"locale", AT(SetLocaleRequestType, locale), REQUIRED},
};
DEFINE_TYPE(SetLocaleRequestType, set_locale);
