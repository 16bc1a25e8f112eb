/* The table of tags once more: nobody changes one by accident, and all that travels is in it. */

#include "schema/method.h"
#include "schema/registry-channel.h"
#include "schema/tables.h"
#include "wire/write.h"

#include "base/test.h"

/* Which types can stand on the channel: walked from what begins a message. */

static bool reached[512];

static size_t type_index(const WireType *type)
{
        for (size_t i = 0; i < n_wire_types; i++)
                if (wire_types[i] == type)
                        return i;
        abort();
}

static void reach(const WireType *type)
{
        if (!type || type->values || reached[type_index(type)])
                return;
        reached[type_index(type)] = true;
        reach(type->base);
        for (size_t i = 0; i < type->n_fields; i++) {
                const WireType *declared = type->fields[i].type;

                reach(declared);
                /* The host's faults derive from MethodFault too, but do not travel. */
                if (!declared || declared == &type_MethodFault)
                        continue;
                for (size_t k = 0; k < n_wire_types; k++)
                        if (wire_type_is(wire_types[k], declared))
                                reach(wire_types[k]);
        }
}

static void reach_all(void)
{
        static const WireType *const messages[] = {
                &type_HostHello,  &type_AgentHello,     &type_AgentClock,
                &type_AgentFacts, &type_ChannelRequest, &type_ChannelAnswer,
        };

        if (n_wire_types > ELEMENTS(reached))
                abort();
        for (size_t i = 0; i < ELEMENTS(messages); i++)
                reach(messages[i]);
        for (size_t i = 0; i < FAULT_MAX; i++)
                if (fault_types[i].from == FAULT_FROM_GUEST)
                        reach(fault_types[i].type);
        reach(&type_LocalizableMessage);
        reach(&type_KeyAnyValue);
        for (size_t i = 0; i < n_channel_methods; i++) {
                reach(channel_methods[i].params);
                reach(channel_methods[i].result_type);
        }
        for (size_t i = 0; i < n_managed_types; i++)
                for (size_t k = 0; k < managed_types[i]->n_methods; k++) {
                        const Method *method = &managed_types[i]->methods[k];

                        if (!(method->flags & METHOD_GUEST))
                                continue;
                        reach(method->params);
                        reach(method->result_type);
                }
}

/* the tags, as PROTOCOL.md has them: rows are only ever added */

static void test_tags(void)
{
        static const struct {
                const WireType *type, *base;
                const char *member;
                uint16_t tag;
                WireForm form;
        } rows[] = {
                /* clang-format off */
                {&type_HostHello, NULL, "vm", 0x0001, FORM_STRING},
                {&type_HostHello, NULL, "version", 0x0002, FORM_STRING},
                {&type_AgentHello, NULL, "protocol", 0x0001, FORM_INT},
                {&type_AgentHello, NULL, "version", 0x0002, FORM_STRING},
                {&type_AgentHello, NULL, "instance", 0x0003, FORM_STRING},
                {&type_AgentHello, NULL, "bootId", 0x0004, FORM_STRING},
                {&type_AgentHello, NULL, "clock", 0x0005, FORM_LONG},
                {&type_AgentHello, NULL, "operations", 0x0006, FORM_STRINGS},
                {&type_AgentHello, NULL, "disabled", 0x0007, FORM_STRINGS},
                {&type_AgentHello, NULL, "hostName", 0x0008, FORM_STRING},
                {&type_AgentHello, NULL, "osName", 0x0009, FORM_STRING},
                {&type_AgentClock, NULL, "clock", 0x0001, FORM_LONG},
                {&type_AgentFacts, NULL, "hostName", 0x0001, FORM_STRING},
                {&type_AgentFacts, NULL, "osName", 0x0002, FORM_STRING},
                {&type_AgentFacts, NULL, "bootTime", 0x0003, FORM_TIME},
                {&type_AgentFacts, NULL, "interfaces", 0x0004, FORM_OBJECTS},
                {&type_AgentFacts, NULL, "disks", 0x0005, FORM_OBJECTS},
                {&type_AgentFacts, NULL, "userSessions", 0x0006, FORM_OPT_INT},
                {&type_AgentFacts, NULL, "problems", 0x0007, FORM_STRINGS},
                {&type_AgentInterface, NULL, "name", 0x0001, FORM_STRING},
                {&type_AgentInterface, NULL, "up", 0x0002, FORM_BOOL},
                {&type_AgentInterface, NULL, "macAddress", 0x0003, FORM_STRING},
                {&type_AgentInterface, NULL, "addresses", 0x0004, FORM_OBJECTS},
                {&type_AgentAddress, NULL, "address", 0x0001, FORM_STRING},
                {&type_AgentAddress, NULL, "prefixLength", 0x0002, FORM_INT},
                {&type_AgentAddress, NULL, "deprecated", 0x0003, FORM_OPT_BOOL},
                {&type_AgentDisk, NULL, "path", 0x0001, FORM_STRING},
                {&type_AgentDisk, NULL, "fileSystemType", 0x0002, FORM_STRING},
                {&type_AgentDisk, NULL, "capacity", 0x0003, FORM_LONG},
                {&type_AgentDisk, NULL, "freeSpace", 0x0004, FORM_LONG},
                {&type_ChannelRequest, NULL, "operation", 0x0001, FORM_STRING},
                {&type_ChannelRequest, NULL, "instance", 0x0002, FORM_STRING},
                {&type_ChannelRequest, NULL, "requestId", 0x0003, FORM_STRING},
                {&type_ChannelRequest, NULL, "deadline", 0x0004, FORM_LONG},
                {&type_ChannelRequest, NULL, "params", 0x0005, FORM_OBJECT},
                {&type_ChannelAnswer, NULL, "result", 0x0001, FORM_ANY},
                {&type_ChannelAnswer, NULL, "fault", 0x0002, FORM_OBJECT},
                {&type_ChannelAnswer, NULL, "message", 0x0003, FORM_STRING},
                {&type_StartProgramInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_StartProgramInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_StartProgramInGuestRequestType, NULL, "spec", 0x0003, FORM_OBJECT},
                {&type_ListProcessesInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_ListProcessesInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_ListProcessesInGuestRequestType, NULL, "pids", 0x0003, FORM_LONGS},
                {&type_GuestAuthentication, NULL, "interactiveSession", 0x0001, FORM_BOOL},
                {&type_NamePasswordAuthentication, &type_GuestAuthentication, "username", 0x0101, FORM_STRING},
                {&type_NamePasswordAuthentication, &type_GuestAuthentication, "password", 0x0102, FORM_STRING},
                {&type_SAMLTokenAuthentication, &type_GuestAuthentication, "token", 0x0101, FORM_STRING},
                {&type_SAMLTokenAuthentication, &type_GuestAuthentication, "username", 0x0102, FORM_STRING},
                {&type_SSPIAuthentication, &type_GuestAuthentication, "sspiToken", 0x0101, FORM_STRING},
                {&type_TicketedSessionAuthentication, &type_GuestAuthentication, "ticket", 0x0101, FORM_STRING},
                {&type_GuestProgramSpec, NULL, "programPath", 0x0001, FORM_STRING},
                {&type_GuestProgramSpec, NULL, "arguments", 0x0002, FORM_STRING},
                {&type_GuestProgramSpec, NULL, "workingDirectory", 0x0003, FORM_STRING},
                {&type_GuestProgramSpec, NULL, "envVariables", 0x0004, FORM_STRINGS},
                {&type_GuestWindowsProgramSpec, &type_GuestProgramSpec, "startMinimized", 0x0101, FORM_BOOL},
                {&type_GuestProcessInfo, NULL, "name", 0x0001, FORM_STRING},
                {&type_GuestProcessInfo, NULL, "pid", 0x0002, FORM_LONG},
                {&type_GuestProcessInfo, NULL, "owner", 0x0003, FORM_STRING},
                {&type_GuestProcessInfo, NULL, "cmdLine", 0x0004, FORM_STRING},
                {&type_GuestProcessInfo, NULL, "startTime", 0x0005, FORM_TIME},
                {&type_GuestProcessInfo, NULL, "endTime", 0x0006, FORM_TIME},
                {&type_GuestProcessInfo, NULL, "exitCode", 0x0007, FORM_OPT_INT},
                {&type_MethodFault, NULL, "faultCause", 0x0001, FORM_OBJECT},
                {&type_MethodFault, NULL, "faultMessage", 0x0002, FORM_OBJECTS},
                {&type_LocalizableMessage, NULL, "key", 0x0001, FORM_STRING},
                {&type_LocalizableMessage, NULL, "arg", 0x0002, FORM_OBJECTS},
                {&type_LocalizableMessage, NULL, "message", 0x0003, FORM_STRING},
                {&type_KeyAnyValue, NULL, "key", 0x0001, FORM_STRING},
                {&type_KeyAnyValue, NULL, "value", 0x0002, FORM_ANY},
                {&type_RuntimeFault, &type_MethodFault, NULL, 0, FORM_NONE},
                {&type_VimFault, &type_MethodFault, NULL, 0, FORM_NONE},
                {&type_AcquireCredentialsInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_AcquireCredentialsInGuestRequestType, NULL, "requestedAuth", 0x0002, FORM_OBJECT},
                {&type_AcquireCredentialsInGuestRequestType, NULL, "sessionID", 0x0003, FORM_OPT_LONG},
                {&type_ReadEnvironmentVariableInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_ReadEnvironmentVariableInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_ReadEnvironmentVariableInGuestRequestType, NULL, "names", 0x0003, FORM_STRINGS},
                {&type_ReleaseCredentialsInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_ReleaseCredentialsInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_TerminateProcessInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_TerminateProcessInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_TerminateProcessInGuestRequestType, NULL, "pid", 0x0003, FORM_LONG},
                {&type_ValidateCredentialsInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_ValidateCredentialsInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_InvalidArgument, &type_RuntimeFault, "invalidProperty", 0x0201, FORM_STRING},
                {&type_SystemError, &type_RuntimeFault, "reason", 0x0201, FORM_STRING},
                {&type_InvalidState, &type_VimFault, NULL, 0, FORM_NONE},
                {&type_FileFault, &type_VimFault, "file", 0x0201, FORM_STRING},
                {&type_CannotAccessFile, &type_FileFault, NULL, 0, FORM_NONE},
                {&type_FileNameTooLong, &type_FileFault, NULL, 0, FORM_NONE},
                {&type_FileNotFound, &type_FileFault, NULL, 0, FORM_NONE},
                {&type_NotADirectory, &type_FileFault, NULL, 0, FORM_NONE},
                {&type_NotAFile, &type_FileFault, NULL, 0, FORM_NONE},
                {&type_GuestOperationsFault, &type_VimFault, NULL, 0, FORM_NONE},
                {&type_GuestComponentsOutOfDate, &type_GuestOperationsFault, NULL, 0, FORM_NONE},
                {&type_GuestOperationsUnavailable, &type_GuestOperationsFault, NULL, 0, FORM_NONE},
                {&type_GuestProcessNotFound, &type_GuestOperationsFault, "pid", 0x0301, FORM_LONG},
                {&type_TooManyGuestLogons, &type_GuestOperationsFault, NULL, 0, FORM_NONE},
                {&type_GuestPermissionDenied, &type_GuestOperationsFault, NULL, 0, FORM_NONE},
                {&type_InvalidGuestLogin, &type_GuestOperationsFault, NULL, 0, FORM_NONE},
                {&type_OperationDisabledByGuest, &type_GuestOperationsFault, NULL, 0, FORM_NONE},
                {&type_OperationNotSupportedByGuest, &type_GuestOperationsFault, NULL, 0, FORM_NONE},
                {&type_GuestFileAttributes, NULL, "modificationTime", 0x0001, FORM_TIME},
                {&type_GuestFileAttributes, NULL, "accessTime", 0x0002, FORM_TIME},
                {&type_GuestFileAttributes, NULL, "symlinkTarget", 0x0003, FORM_STRING},
                {&type_GuestPosixFileAttributes, &type_GuestFileAttributes, "ownerId", 0x0101, FORM_OPT_INT},
                {&type_GuestPosixFileAttributes, &type_GuestFileAttributes, "groupId", 0x0102, FORM_OPT_INT},
                {&type_GuestPosixFileAttributes, &type_GuestFileAttributes, "permissions", 0x0103, FORM_OPT_LONG},
                {&type_GuestWindowsFileAttributes, &type_GuestFileAttributes, "hidden", 0x0101, FORM_OPT_BOOL},
                {&type_GuestWindowsFileAttributes, &type_GuestFileAttributes, "readOnly", 0x0102, FORM_OPT_BOOL},
                {&type_GuestWindowsFileAttributes, &type_GuestFileAttributes, "createTime", 0x0103, FORM_TIME},
                {&type_GuestFileInfo, NULL, "path", 0x0001, FORM_STRING},
                {&type_GuestFileInfo, NULL, "type", 0x0002, FORM_STRING},
                {&type_GuestFileInfo, NULL, "size", 0x0003, FORM_LONG},
                {&type_GuestFileInfo, NULL, "attributes", 0x0004, FORM_OBJECT},
                {&type_GuestListFileInfo, NULL, "files", 0x0001, FORM_OBJECTS},
                {&type_GuestListFileInfo, NULL, "remaining", 0x0002, FORM_INT},
                {&type_FileTransferInformation, NULL, "attributes", 0x0001, FORM_OBJECT},
                {&type_FileTransferInformation, NULL, "size", 0x0002, FORM_LONG},
                {&type_FileTransferInformation, NULL, "url", 0x0003, FORM_STRING},
                {&type_ChangeFileAttributesInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_ChangeFileAttributesInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_ChangeFileAttributesInGuestRequestType, NULL, "guestFilePath", 0x0003, FORM_STRING},
                {&type_ChangeFileAttributesInGuestRequestType, NULL, "fileAttributes", 0x0004, FORM_OBJECT},
                {&type_CreateTemporaryDirectoryInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_CreateTemporaryDirectoryInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_CreateTemporaryDirectoryInGuestRequestType, NULL, "prefix", 0x0003, FORM_STRING},
                {&type_CreateTemporaryDirectoryInGuestRequestType, NULL, "suffix", 0x0004, FORM_STRING},
                {&type_CreateTemporaryDirectoryInGuestRequestType, NULL, "directoryPath", 0x0005, FORM_STRING},
                {&type_CreateTemporaryFileInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_CreateTemporaryFileInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_CreateTemporaryFileInGuestRequestType, NULL, "prefix", 0x0003, FORM_STRING},
                {&type_CreateTemporaryFileInGuestRequestType, NULL, "suffix", 0x0004, FORM_STRING},
                {&type_CreateTemporaryFileInGuestRequestType, NULL, "directoryPath", 0x0005, FORM_STRING},
                {&type_DeleteDirectoryInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_DeleteDirectoryInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_DeleteDirectoryInGuestRequestType, NULL, "directoryPath", 0x0003, FORM_STRING},
                {&type_DeleteDirectoryInGuestRequestType, NULL, "recursive", 0x0004, FORM_BOOL},
                {&type_DeleteFileInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_DeleteFileInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_DeleteFileInGuestRequestType, NULL, "filePath", 0x0003, FORM_STRING},
                {&type_InitiateFileTransferFromGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_InitiateFileTransferFromGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_InitiateFileTransferFromGuestRequestType, NULL, "guestFilePath", 0x0003, FORM_STRING},
                {&type_InitiateFileTransferToGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_InitiateFileTransferToGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_InitiateFileTransferToGuestRequestType, NULL, "guestFilePath", 0x0003, FORM_STRING},
                {&type_InitiateFileTransferToGuestRequestType, NULL, "fileAttributes", 0x0004, FORM_OBJECT},
                {&type_InitiateFileTransferToGuestRequestType, NULL, "fileSize", 0x0005, FORM_LONG},
                {&type_InitiateFileTransferToGuestRequestType, NULL, "overwrite", 0x0006, FORM_BOOL},
                {&type_ListFilesInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_ListFilesInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_ListFilesInGuestRequestType, NULL, "filePath", 0x0003, FORM_STRING},
                {&type_ListFilesInGuestRequestType, NULL, "index", 0x0004, FORM_OPT_INT},
                {&type_ListFilesInGuestRequestType, NULL, "maxResults", 0x0005, FORM_OPT_INT},
                {&type_ListFilesInGuestRequestType, NULL, "matchPattern", 0x0006, FORM_STRING},
                {&type_MakeDirectoryInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_MakeDirectoryInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_MakeDirectoryInGuestRequestType, NULL, "directoryPath", 0x0003, FORM_STRING},
                {&type_MakeDirectoryInGuestRequestType, NULL, "createParentDirectories", 0x0004, FORM_BOOL},
                {&type_MoveDirectoryInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_MoveDirectoryInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_MoveDirectoryInGuestRequestType, NULL, "srcDirectoryPath", 0x0003, FORM_STRING},
                {&type_MoveDirectoryInGuestRequestType, NULL, "dstDirectoryPath", 0x0004, FORM_STRING},
                {&type_MoveFileInGuestRequestType, NULL, "vm", 0x0001, FORM_MOREF},
                {&type_MoveFileInGuestRequestType, NULL, "auth", 0x0002, FORM_OBJECT},
                {&type_MoveFileInGuestRequestType, NULL, "srcFilePath", 0x0003, FORM_STRING},
                {&type_MoveFileInGuestRequestType, NULL, "dstFilePath", 0x0004, FORM_STRING},
                {&type_MoveFileInGuestRequestType, NULL, "overwrite", 0x0005, FORM_BOOL},
                {&type_OpenFileTransferRequestType, NULL, "transfer", 0x0001, FORM_STRING},
                {&type_OpenFileTransferRequestType, NULL, "offset", 0x0002, FORM_OPT_LONG},
                {&type_OpenFileTransferRequestType, NULL, "length", 0x0003, FORM_OPT_LONG},
                {&type_CloseFileTransferRequestType, NULL, "transfer", 0x0001, FORM_STRING},
                {&type_FileTransferOpened, NULL, "size", 0x0001, FORM_LONG},
                {&type_FileTransferOpened, NULL, "version", 0x0002, FORM_STRING},
                {&type_FileTransferOpened, NULL, "offset", 0x0003, FORM_LONG},
                {&type_FileTransferOpened, NULL, "length", 0x0004, FORM_LONG},
                {&type_DirectoryNotEmpty, &type_FileFault, NULL, 0, FORM_NONE},
                {&type_FileAlreadyExists, &type_FileFault, NULL, 0, FORM_NONE},
                {&type_NotFound, &type_VimFault, NULL, 0, FORM_NONE},
                {&type_NoDiskSpace, &type_FileFault, "datastore", 0x0301, FORM_STRING},
                /* clang-format on */
        };
        bool has_rows[ELEMENTS(reached)] = {false};

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const WireType *type = rows[i].type;
                size_t inherited = wire_type_count(type) - type->n_fields, n = 0;
                char about[160];

                (void)snprintf(about, sizeof(about), "%s.%s", type->name,
                               rows[i].member ? rows[i].member : "");
                for (size_t k = 0; k < ELEMENTS(rows); k++)
                        n += rows[k].type == type && rows[k].member;
                EXPECT_INT("a member of that type has no row here", type->n_fields, n);
                EXPECT(about, type->base == rows[i].base);
                for (size_t k = inherited; k < inherited + type->n_fields; k++) {
                        if (!rows[i].member ||
                            strcmp(wire_type_at(type, k)->name, rows[i].member) != 0)
                                continue;
                        EXPECT_INT(about, wire_tag(type, k), rows[i].tag);
                        EXPECT_INT(about, wire_type_at(type, k)->form, rows[i].form);
                        n = 0;
                }
                EXPECT_INT(about, n, 0);
                has_rows[type_index(type)] = true;
        }
        reach_all();
        for (size_t i = 0; i < n_wire_types; i++)
                if (reached[i] && !has_rows[i])
                        EXPECT(wire_types[i]->name, !"it travels, and has no rows here");
}

/* An agent knows by name all that travels, and carries nothing else along. */
static void test_registry_of_agents(void)
{
#define CHANNEL_ROW(T) #T,
        static const char *const names[] = {CHANNEL_TYPES(CHANNEL_ROW)};
#undef CHANNEL_ROW
        size_t n = 0;

        for (size_t i = 0; i < n_wire_types; i++) {
                if (!reached[i])
                        continue;
                EXPECT_STR("a type that travels", n < ELEMENTS(names) ? names[n] : NULL,
                           wire_types[i]->name);
                n++;
        }
        EXPECT_INT("types that travel", ELEMENTS(names), n);
}

static bool has_guest_methods(const ManagedType *type)
{
        for (size_t i = 0; i < type->n_methods; i++)
                if (type->methods[i].flags & METHOD_GUEST)
                        return true;
        return false;
}

static void test_methods_of_agents(void)
{
#define CHANNEL_ROW(T) #T,
        static const char *const names[] = {CHANNEL_MANAGED_TYPES(CHANNEL_ROW)};
#undef CHANNEL_ROW
        size_t n = 0;

        for (size_t i = 0; i < n_managed_types; i++) {
                if (!has_guest_methods(managed_types[i]))
                        continue;
                EXPECT_STR("it has guest operations", n < ELEMENTS(names) ? names[n] : NULL,
                           managed_types[i]->name);
                n++;
        }
        EXPECT_INT("managed types with guest operations", ELEMENTS(names), n);
}

/* Numbers of forms travel in boxes. */
static void test_form_numbers(void)
{
        static const WireForm forms[] = {
                FORM_NONE,     FORM_BOOL,    FORM_OPT_BOOL, FORM_INT,     FORM_OPT_INT, FORM_LONG,
                FORM_OPT_LONG, FORM_STRING,  FORM_TIME,     FORM_MOREF,   FORM_OBJECT,  FORM_ANY,
                FORM_LONGS,    FORM_STRINGS, FORM_MOREFS,   FORM_OBJECTS,
        };

        for (size_t i = 0; i < ELEMENTS(forms); i++)
                EXPECT_INT("form", forms[i], i);
        EXPECT_INT("forms", FORM_MAX, ELEMENTS(forms));
}

static void test_every_tag_is_its_own(void)
{
        for (size_t i = 0; i < n_wire_types; i++)
                for (size_t k = 0; k < wire_type_count(wire_types[i]); k++)
                        for (size_t m = 0; m < k; m++)
                                EXPECT(wire_types[i]->name,
                                       wire_tag(wire_types[i], k) != wire_tag(wire_types[i], m));
}

int main(void)
{
        test_tags();
        test_registry_of_agents();
        test_methods_of_agents();
        test_form_numbers();
        test_every_tag_is_its_own();
        return test_end();
}
