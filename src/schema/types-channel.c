/*
 * The agent channel's own messages, and those between the agent and its helpers. They exist in
 * the channel's encoding only. A field's tag follows from its place: only ever append
 * (PROTOCOL.md).
 */

#include "schema/tables.h"

static const WireField host_hello[] = {
        {"vm", AT(HostHello, vm), REQUIRED},
        {"version", AT(HostHello, version), REQUIRED},
};
DEFINE_TYPE(HostHello, host_hello);

static const WireField agent_hello[] = {
        {"protocol", AT(AgentHello, protocol), REQUIRED},
        {"version", AT(AgentHello, version), REQUIRED},
        {"instance", AT(AgentHello, instance), REQUIRED},
        {"bootId", AT(AgentHello, boot_id), REQUIRED},
        {"clock", AT(AgentHello, clock), REQUIRED},
        {"operations", AT(AgentHello, operations), OPTIONAL},
        {"disabled", AT(AgentHello, disabled), OPTIONAL},
        {"hostName", AT(AgentHello, host_name), OPTIONAL},
        {"osName", AT(AgentHello, os_name), OPTIONAL},
};
DEFINE_TYPE(AgentHello, agent_hello);

static const WireField agent_clock[] = {
        {"clock", AT(AgentClock, clock), REQUIRED},
};
DEFINE_TYPE(AgentClock, agent_clock);

static const WireField agent_address[] = {
        {"address", AT(AgentAddress, address), REQUIRED},
        {"prefixLength", AT(AgentAddress, prefix_length), REQUIRED},
        {"deprecated", AT(AgentAddress, deprecated), OPTIONAL},
};
DEFINE_TYPE(AgentAddress, agent_address);

static const WireField agent_interface[] = {
        {"name", AT(AgentInterface, name), REQUIRED},
        {"up", AT(AgentInterface, up), REQUIRED},
        {"macAddress", AT(AgentInterface, mac_address), OPTIONAL},
        {"addresses", AT(AgentInterface, addresses), OPTIONAL, &type_AgentAddress},
};
DEFINE_TYPE(AgentInterface, agent_interface);

static const WireField agent_disk[] = {
        {"path", AT(AgentDisk, path), REQUIRED},
        {"fileSystemType", AT(AgentDisk, file_system_type), REQUIRED},
        {"capacity", AT(AgentDisk, capacity), REQUIRED},
        {"freeSpace", AT(AgentDisk, free_space), REQUIRED},
};
DEFINE_TYPE(AgentDisk, agent_disk);

static const WireField agent_facts[] = {
        {"hostName", AT(AgentFacts, host_name), OPTIONAL},
        {"osName", AT(AgentFacts, os_name), OPTIONAL},
        {"bootTime", AT(AgentFacts, boot_time), OPTIONAL},
        {"interfaces", AT(AgentFacts, interfaces), OPTIONAL, &type_AgentInterface},
        {"disks", AT(AgentFacts, disks), OPTIONAL, &type_AgentDisk},
        {"userSessions", AT(AgentFacts, user_sessions), OPTIONAL},
        {"problems", AT(AgentFacts, problems), OPTIONAL},
};
DEFINE_TYPE(AgentFacts, agent_facts);

static const WireField channel_request[] = {
        {"operation", AT(ChannelRequest, operation), REQUIRED},
        {"instance", AT(ChannelRequest, instance), REQUIRED},
        {"requestId", AT(ChannelRequest, request_id), REQUIRED},
        {"deadline", AT(ChannelRequest, deadline), REQUIRED},
        {"params", POINTS(ChannelRequest, params, WireObject), REQUIRED},
};
DEFINE_TYPE(ChannelRequest, channel_request);

static const WireField channel_answer[] = {
        {"result", AT(ChannelAnswer, result), OPTIONAL},
        {"fault", POINTS(ChannelAnswer, fault, MethodFault), OPTIONAL, &type_MethodFault},
        {"message", AT(ChannelAnswer, message), OPTIONAL},
};
DEFINE_TYPE(ChannelAnswer, channel_answer);

static const WireField open_file_transfer[] = {
        {"transfer", AT(OpenFileTransferRequestType, transfer), REQUIRED},
        {"offset", AT(OpenFileTransferRequestType, offset), OPTIONAL},
        {"length", AT(OpenFileTransferRequestType, length), OPTIONAL},
};
DEFINE_TYPE(OpenFileTransferRequestType, open_file_transfer);

static const WireField close_file_transfer[] = {
        {"transfer", AT(CloseFileTransferRequestType, transfer), REQUIRED},
};
DEFINE_TYPE(CloseFileTransferRequestType, close_file_transfer);

static const WireField file_transfer_opened[] = {
        {"size", AT(FileTransferOpened, size), REQUIRED},
        {"version", AT(FileTransferOpened, version), REQUIRED},
        {"offset", AT(FileTransferOpened, offset), REQUIRED},
        {"length", AT(FileTransferOpened, length), REQUIRED},
};
DEFINE_TYPE(FileTransferOpened, file_transfer_opened);

static const WireField login_question[] = {
        {"user", AT(LoginQuestion, user), REQUIRED},
        {"password", AT(LoginQuestion, password), OPTIONAL},
        {"allowUsers", AT(LoginQuestion, allow_users), OPTIONAL},
        {"allowGroups", AT(LoginQuestion, allow_groups), OPTIONAL},
};
DEFINE_TYPE(LoginQuestion, login_question);

static const WireField login_verdict[] = {
        {"result", AT(LoginVerdict, result), REQUIRED},
        {"detail", AT(LoginVerdict, detail), OPTIONAL},
        {"name", AT(LoginVerdict, name), OPTIONAL},
        {"uid", AT(LoginVerdict, uid), REQUIRED},
        {"gid", AT(LoginVerdict, gid), REQUIRED},
        {"groups", AT(LoginVerdict, groups), OPTIONAL},
        {"home", AT(LoginVerdict, home), OPTIONAL},
        {"environment", AT(LoginVerdict, environment), OPTIONAL},
};
DEFINE_TYPE(LoginVerdict, login_verdict);
