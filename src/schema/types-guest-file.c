/* Guest operations on files. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/tables.h"

static const WireField guest_file_attributes[] = {
        {"modificationTime", AT(GuestFileAttributes, modification_time), OPTIONAL},
        {"accessTime", AT(GuestFileAttributes, access_time), OPTIONAL},
        {"symlinkTarget", AT(GuestFileAttributes, symlink_target), OPTIONAL},
};
DEFINE_TYPE(GuestFileAttributes, guest_file_attributes);

static const WireField guest_posix_file_attributes[] = {
        {"ownerId", AT(GuestPosixFileAttributes, owner_id), OPTIONAL},
        {"groupId", AT(GuestPosixFileAttributes, group_id), OPTIONAL},
        {"permissions", AT(GuestPosixFileAttributes, permissions), OPTIONAL},
};
DEFINE_TYPE(GuestPosixFileAttributes, guest_posix_file_attributes,
            .base = &type_GuestFileAttributes);

static const WireField guest_windows_file_attributes[] = {
        {"hidden", AT(GuestWindowsFileAttributes, hidden), OPTIONAL},
        {"readOnly", AT(GuestWindowsFileAttributes, read_only), OPTIONAL},
        {"createTime", AT(GuestWindowsFileAttributes, create_time), OPTIONAL},
};
DEFINE_TYPE(GuestWindowsFileAttributes, guest_windows_file_attributes,
            .base = &type_GuestFileAttributes);

static const WireField guest_file_info[] = {
        {"path", AT(GuestFileInfo, path), REQUIRED},
        {"type", AT(GuestFileInfo, file_type), REQUIRED},
        {"size", AT(GuestFileInfo, size), REQUIRED},
        {"attributes", POINTS(GuestFileInfo, attributes, GuestFileAttributes), REQUIRED,
         &type_GuestFileAttributes},
};
DEFINE_TYPE(GuestFileInfo, guest_file_info);

static const WireField guest_list_file_info[] = {
        {"files", AT(GuestListFileInfo, files), OPTIONAL, &type_GuestFileInfo},
        {"remaining", AT(GuestListFileInfo, remaining), REQUIRED},
};
DEFINE_TYPE(GuestListFileInfo, guest_list_file_info);

static const WireField file_transfer_information[] = {
        {"attributes", POINTS(FileTransferInformation, attributes, GuestFileAttributes), REQUIRED,
         &type_GuestFileAttributes},
        {"size", AT(FileTransferInformation, size), REQUIRED},
        {"url", AT(FileTransferInformation, url), REQUIRED},
};
DEFINE_TYPE(FileTransferInformation, file_transfer_information);

static const WireField change_file_attributes_in_guest[] = {
        {"vm", AT(ChangeFileAttributesInGuestRequestType, vm), REQUIRED},
        {"auth", POINTS(ChangeFileAttributesInGuestRequestType, auth, GuestAuthentication),
         REQUIRED, &type_GuestAuthentication},
        {"guestFilePath", AT(ChangeFileAttributesInGuestRequestType, guest_file_path), REQUIRED},
        {"fileAttributes",
         POINTS(ChangeFileAttributesInGuestRequestType, file_attributes, GuestFileAttributes),
         REQUIRED, &type_GuestFileAttributes},
};
DEFINE_TYPE(ChangeFileAttributesInGuestRequestType, change_file_attributes_in_guest);

static const WireField create_temporary_directory_in_guest[] = {
        {"vm", AT(CreateTemporaryDirectoryInGuestRequestType, vm), REQUIRED},
        {"auth", POINTS(CreateTemporaryDirectoryInGuestRequestType, auth, GuestAuthentication),
         REQUIRED, &type_GuestAuthentication},
        {"prefix", AT(CreateTemporaryDirectoryInGuestRequestType, prefix), REQUIRED},
        {"suffix", AT(CreateTemporaryDirectoryInGuestRequestType, suffix), REQUIRED},
        {"directoryPath", AT(CreateTemporaryDirectoryInGuestRequestType, directory_path), OPTIONAL},
};
DEFINE_TYPE(CreateTemporaryDirectoryInGuestRequestType, create_temporary_directory_in_guest);

static const WireField create_temporary_file_in_guest[] = {
        {"vm", AT(CreateTemporaryFileInGuestRequestType, vm), REQUIRED},
        {"auth", POINTS(CreateTemporaryFileInGuestRequestType, auth, GuestAuthentication), REQUIRED,
         &type_GuestAuthentication},
        {"prefix", AT(CreateTemporaryFileInGuestRequestType, prefix), REQUIRED},
        {"suffix", AT(CreateTemporaryFileInGuestRequestType, suffix), REQUIRED},
        {"directoryPath", AT(CreateTemporaryFileInGuestRequestType, directory_path), OPTIONAL},
};
DEFINE_TYPE(CreateTemporaryFileInGuestRequestType, create_temporary_file_in_guest);

static const WireField delete_directory_in_guest[] = {
        {"vm", AT(DeleteDirectoryInGuestRequestType, vm), REQUIRED},
        {"auth", POINTS(DeleteDirectoryInGuestRequestType, auth, GuestAuthentication), REQUIRED,
         &type_GuestAuthentication},
        {"directoryPath", AT(DeleteDirectoryInGuestRequestType, directory_path), REQUIRED},
        {"recursive", AT(DeleteDirectoryInGuestRequestType, recursive), REQUIRED},
};
DEFINE_TYPE(DeleteDirectoryInGuestRequestType, delete_directory_in_guest);

static const WireField delete_file_in_guest[] = {
        {"vm", AT(DeleteFileInGuestRequestType, vm), REQUIRED},
        {"auth", POINTS(DeleteFileInGuestRequestType, auth, GuestAuthentication), REQUIRED,
         &type_GuestAuthentication},
        {"filePath", AT(DeleteFileInGuestRequestType, file_path), REQUIRED},
};
DEFINE_TYPE(DeleteFileInGuestRequestType, delete_file_in_guest);

static const WireField initiate_file_transfer_from_guest[] = {
        {"vm", AT(InitiateFileTransferFromGuestRequestType, vm), REQUIRED},
        {"auth", POINTS(InitiateFileTransferFromGuestRequestType, auth, GuestAuthentication),
         REQUIRED, &type_GuestAuthentication},
        {"guestFilePath", AT(InitiateFileTransferFromGuestRequestType, guest_file_path), REQUIRED},
};
DEFINE_TYPE(InitiateFileTransferFromGuestRequestType, initiate_file_transfer_from_guest);

static const WireField initiate_file_transfer_to_guest[] = {
        {"vm", AT(InitiateFileTransferToGuestRequestType, vm), REQUIRED},
        {"auth", POINTS(InitiateFileTransferToGuestRequestType, auth, GuestAuthentication),
         REQUIRED, &type_GuestAuthentication},
        {"guestFilePath", AT(InitiateFileTransferToGuestRequestType, guest_file_path), REQUIRED},
        {"fileAttributes",
         POINTS(InitiateFileTransferToGuestRequestType, file_attributes, GuestFileAttributes),
         REQUIRED, &type_GuestFileAttributes},
        {"fileSize", AT(InitiateFileTransferToGuestRequestType, file_size), REQUIRED},
        {"overwrite", AT(InitiateFileTransferToGuestRequestType, overwrite), REQUIRED},
};
DEFINE_TYPE(InitiateFileTransferToGuestRequestType, initiate_file_transfer_to_guest);

static const WireField list_files_in_guest[] = {
        {"vm", AT(ListFilesInGuestRequestType, vm), REQUIRED},
        {"auth", POINTS(ListFilesInGuestRequestType, auth, GuestAuthentication), REQUIRED,
         &type_GuestAuthentication},
        {"filePath", AT(ListFilesInGuestRequestType, file_path), REQUIRED},
        {"index", AT(ListFilesInGuestRequestType, index), OPTIONAL},
        {"maxResults", AT(ListFilesInGuestRequestType, max_results), OPTIONAL},
        {"matchPattern", AT(ListFilesInGuestRequestType, match_pattern), OPTIONAL},
};
DEFINE_TYPE(ListFilesInGuestRequestType, list_files_in_guest);

static const WireField make_directory_in_guest[] = {
        {"vm", AT(MakeDirectoryInGuestRequestType, vm), REQUIRED},
        {"auth", POINTS(MakeDirectoryInGuestRequestType, auth, GuestAuthentication), REQUIRED,
         &type_GuestAuthentication},
        {"directoryPath", AT(MakeDirectoryInGuestRequestType, directory_path), REQUIRED},
        {"createParentDirectories", AT(MakeDirectoryInGuestRequestType, create_parent_directories),
         REQUIRED},
};
DEFINE_TYPE(MakeDirectoryInGuestRequestType, make_directory_in_guest);

static const WireField move_directory_in_guest[] = {
        {"vm", AT(MoveDirectoryInGuestRequestType, vm), REQUIRED},
        {"auth", POINTS(MoveDirectoryInGuestRequestType, auth, GuestAuthentication), REQUIRED,
         &type_GuestAuthentication},
        {"srcDirectoryPath", AT(MoveDirectoryInGuestRequestType, src_directory_path), REQUIRED},
        {"dstDirectoryPath", AT(MoveDirectoryInGuestRequestType, dst_directory_path), REQUIRED},
};
DEFINE_TYPE(MoveDirectoryInGuestRequestType, move_directory_in_guest);

static const WireField move_file_in_guest[] = {
        {"vm", AT(MoveFileInGuestRequestType, vm), REQUIRED},
        {"auth", POINTS(MoveFileInGuestRequestType, auth, GuestAuthentication), REQUIRED,
         &type_GuestAuthentication},
        {"srcFilePath", AT(MoveFileInGuestRequestType, src_file_path), REQUIRED},
        {"dstFilePath", AT(MoveFileInGuestRequestType, dst_file_path), REQUIRED},
        {"overwrite", AT(MoveFileInGuestRequestType, overwrite), REQUIRED},
};
DEFINE_TYPE(MoveFileInGuestRequestType, move_file_in_guest);
