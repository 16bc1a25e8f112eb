/* The service itself and its inventory. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/tables.h"

DEFINE_EMPTY_TYPE(NoParameters);

static const WireField about_info[] = {
        {"name", AT(AboutInfo, name), REQUIRED},
        {"fullName", AT(AboutInfo, full_name), REQUIRED},
        {"vendor", AT(AboutInfo, vendor), REQUIRED},
        {"version", AT(AboutInfo, version), REQUIRED},
        {"build", AT(AboutInfo, build), REQUIRED},
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
        {"about", POINTS(ServiceContent, about, AboutInfo), REQUIRED, &type_AboutInfo},
        {"sessionManager", AT(ServiceContent, session_manager), OPTIONAL},
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

static const char *const power_states[] = {"poweredOff", "poweredOn", "suspended", NULL};
const WireType type_VirtualMachinePowerState = {
        .name = "VirtualMachinePowerState",
        .values = power_states,
};

static const WireField guest_info[] = {
        {"toolsStatus", AT(GuestInfo, tools_status), OPTIONAL},
        {"toolsVersionStatus2", AT(GuestInfo, tools_version_status2), OPTIONAL},
        {"toolsRunningStatus", AT(GuestInfo, tools_running_status), OPTIONAL},
        {"toolsVersion", AT(GuestInfo, tools_version), OPTIONAL},
        {"guestFullName", AT(GuestInfo, guest_full_name), OPTIONAL},
        {"hostName", AT(GuestInfo, host_name), OPTIONAL},
        {"guestState", AT(GuestInfo, guest_state), REQUIRED},
        {"guestOperationsReady", AT(GuestInfo, guest_operations_ready), OPTIONAL},
        {"interactiveGuestOperationsReady", AT(GuestInfo, interactive_guest_operations_ready),
         OPTIONAL},
        {"guestStateChangeSupported", AT(GuestInfo, guest_state_change_supported), OPTIONAL},
};
DEFINE_TYPE(GuestInfo, guest_info);

static const WireField runtime_info[] = {
        {"connectionState", AT(VirtualMachineRuntimeInfo, connection_state), REQUIRED},
        {"powerState", AT(VirtualMachineRuntimeInfo, power_state), REQUIRED,
         &type_VirtualMachinePowerState},
        {"faultToleranceState", AT(VirtualMachineRuntimeInfo, fault_tolerance_state), REQUIRED},
        {"toolsInstallerMounted", AT(VirtualMachineRuntimeInfo, tools_installer_mounted), REQUIRED},
        {"numMksConnections", AT(VirtualMachineRuntimeInfo, num_mks_connections), REQUIRED},
        {"recordReplayState", AT(VirtualMachineRuntimeInfo, record_replay_state), REQUIRED},
        {"onlineStandby", AT(VirtualMachineRuntimeInfo, online_standby), REQUIRED},
        {"consolidationNeeded", AT(VirtualMachineRuntimeInfo, consolidation_needed), REQUIRED},
};
DEFINE_TYPE(VirtualMachineRuntimeInfo, runtime_info);

static const char *const task_states[] = {"queued", "running", "success", "error", NULL};
const WireType type_TaskInfoState = {.name = "TaskInfoState", .values = task_states};

DEFINE_EMPTY_TYPE(TaskReason, .abstract = true);
DEFINE_EMPTY_TYPE(TaskReasonSystem, .base = &type_TaskReason);

static const WireField task_info[] = {
        {"key", AT(TaskInfo, key), REQUIRED},
        {"task", AT(TaskInfo, task), REQUIRED},
        {"name", AT(TaskInfo, name), OPTIONAL},
        {"descriptionId", AT(TaskInfo, description_id), REQUIRED},
        {"entity", AT(TaskInfo, entity), OPTIONAL},
        {"entityName", AT(TaskInfo, entity_name), OPTIONAL},
        {"state", AT(TaskInfo, state), REQUIRED, &type_TaskInfoState},
        {"cancelled", AT(TaskInfo, cancelled), REQUIRED},
        {"cancelable", AT(TaskInfo, cancelable), REQUIRED},
        {"reason", POINTS(TaskInfo, reason, TaskReason), REQUIRED, &type_TaskReason},
        {"queueTime", AT(TaskInfo, queue_time), REQUIRED},
        {"startTime", AT(TaskInfo, start_time), OPTIONAL},
        {"completeTime", AT(TaskInfo, complete_time), OPTIONAL},
        {"eventChainId", AT(TaskInfo, event_chain_id), REQUIRED},
};
DEFINE_TYPE(TaskInfo, task_info);
