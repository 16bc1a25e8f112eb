#pragma once

/*
 * What may stand on the channel, for agents, which have no use for the rest of the schema. That
 * nothing is missing is checked by src/wire/test-tlv-tags.c.
 */

/* Types, sorted by name (strcmp). */
#define CHANNEL_TYPES(X)                                                                           \
        X(AcquireCredentialsInGuestRequestType)                                                    \
        X(AgentAddress)                                                                            \
        X(AgentClock)                                                                              \
        X(AgentDisk)                                                                               \
        X(AgentFacts)                                                                              \
        X(AgentHello)                                                                              \
        X(AgentInterface)                                                                          \
        X(CannotAccessFile)                                                                        \
        X(ChangeFileAttributesInGuestRequestType)                                                  \
        X(ChannelAnswer)                                                                           \
        X(ChannelRequest)                                                                          \
        X(CloseFileTransferRequestType)                                                            \
        X(CreateTemporaryDirectoryInGuestRequestType)                                              \
        X(CreateTemporaryFileInGuestRequestType)                                                   \
        X(DeleteDirectoryInGuestRequestType)                                                       \
        X(DeleteFileInGuestRequestType)                                                            \
        X(DirectoryNotEmpty)                                                                       \
        X(FileAlreadyExists)                                                                       \
        X(FileFault)                                                                               \
        X(FileNameTooLong)                                                                         \
        X(FileNotFound)                                                                            \
        X(FileTransferInformation)                                                                 \
        X(FileTransferOpened)                                                                      \
        X(GuestAuthentication)                                                                     \
        X(GuestComponentsOutOfDate)                                                                \
        X(GuestFileAttributes)                                                                     \
        X(GuestFileInfo)                                                                           \
        X(GuestListFileInfo)                                                                       \
        X(GuestOperationsFault)                                                                    \
        X(GuestOperationsUnavailable)                                                              \
        X(GuestPermissionDenied)                                                                   \
        X(GuestPosixFileAttributes)                                                                \
        X(GuestProcessInfo)                                                                        \
        X(GuestProcessNotFound)                                                                    \
        X(GuestProgramSpec)                                                                        \
        X(GuestWindowsFileAttributes)                                                              \
        X(GuestWindowsProgramSpec)                                                                 \
        X(HostHello)                                                                               \
        X(InitiateFileTransferFromGuestRequestType)                                                \
        X(InitiateFileTransferToGuestRequestType)                                                  \
        X(InvalidArgument)                                                                         \
        X(InvalidGuestLogin)                                                                       \
        X(InvalidState)                                                                            \
        X(KeyAnyValue)                                                                             \
        X(ListFilesInGuestRequestType)                                                             \
        X(ListProcessesInGuestRequestType)                                                         \
        X(LocalizableMessage)                                                                      \
        X(MakeDirectoryInGuestRequestType)                                                         \
        X(MethodFault)                                                                             \
        X(MoveDirectoryInGuestRequestType)                                                         \
        X(MoveFileInGuestRequestType)                                                              \
        X(NamePasswordAuthentication)                                                              \
        X(NoDiskSpace)                                                                             \
        X(NotADirectory)                                                                           \
        X(NotAFile)                                                                                \
        X(NotFound)                                                                                \
        X(OpenFileTransferRequestType)                                                             \
        X(OperationDisabledByGuest)                                                                \
        X(OperationNotSupportedByGuest)                                                            \
        X(ReadEnvironmentVariableInGuestRequestType)                                               \
        X(ReleaseCredentialsInGuestRequestType)                                                    \
        X(RuntimeFault)                                                                            \
        X(SAMLTokenAuthentication)                                                                 \
        X(SSPIAuthentication)                                                                      \
        X(StartProgramInGuestRequestType)                                                          \
        X(SystemError)                                                                             \
        X(TerminateProcessInGuestRequestType)                                                      \
        X(TicketedSessionAuthentication)                                                           \
        X(TooManyGuestLogons)                                                                      \
        X(ValidateCredentialsInGuestRequestType)                                                   \
        X(VimFault)

/* Managed object types with METHOD_GUEST methods, sorted by name. */
#define CHANNEL_MANAGED_TYPES(X)                                                                   \
        X(GuestAuthManager)                                                                        \
        X(GuestFileManager)                                                                        \
        X(GuestProcessManager)
