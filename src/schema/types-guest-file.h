#pragma once

/* Guest operations: files. Source: vSphere Web Services API, release 8.0.2.0. */

#include "schema/types-guest.h"

typedef struct GuestFileAttributes {
        const WireType *type;
        WireTime modification_time;
        WireTime access_time;
        char *symlink_target;
} GuestFileAttributes;

typedef struct GuestPosixFileAttributes {
        GuestFileAttributes base;
        WireInt owner_id;
        WireInt group_id;
        WireLong permissions;
} GuestPosixFileAttributes;

typedef struct GuestWindowsFileAttributes {
        GuestFileAttributes base;
        WireBool hidden;
        WireBool read_only;
        WireTime create_time;
} GuestWindowsFileAttributes;

typedef struct GuestFileInfo {
        const WireType *type;
        char *path;
        char *file_type;
        int64_t size;
        GuestFileAttributes *attributes;
} GuestFileInfo;

typedef struct GuestListFileInfo {
        const WireType *type;
        WireObjects files; /* GuestFileInfo */
        int32_t remaining;
} GuestListFileInfo;

typedef struct FileTransferInformation {
        const WireType *type;
        GuestFileAttributes *attributes;
        int64_t size;
        char *url;
} FileTransferInformation;

typedef struct ChangeFileAttributesInGuestRequestType {
        const WireType *type;
        Moref vm;
        GuestAuthentication *auth;
        char *guest_file_path;
        GuestFileAttributes *file_attributes;
} ChangeFileAttributesInGuestRequestType;

typedef struct CreateTemporaryDirectoryInGuestRequestType {
        const WireType *type;
        Moref vm;
        GuestAuthentication *auth;
        char *prefix;
        char *suffix;
        char *directory_path;
} CreateTemporaryDirectoryInGuestRequestType;

typedef struct CreateTemporaryFileInGuestRequestType {
        const WireType *type;
        Moref vm;
        GuestAuthentication *auth;
        char *prefix;
        char *suffix;
        char *directory_path;
} CreateTemporaryFileInGuestRequestType;

typedef struct DeleteDirectoryInGuestRequestType {
        const WireType *type;
        Moref vm;
        GuestAuthentication *auth;
        char *directory_path;
        bool recursive;
} DeleteDirectoryInGuestRequestType;

typedef struct DeleteFileInGuestRequestType {
        const WireType *type;
        Moref vm;
        GuestAuthentication *auth;
        char *file_path;
} DeleteFileInGuestRequestType;

typedef struct InitiateFileTransferFromGuestRequestType {
        const WireType *type;
        Moref vm;
        GuestAuthentication *auth;
        char *guest_file_path;
} InitiateFileTransferFromGuestRequestType;

typedef struct InitiateFileTransferToGuestRequestType {
        const WireType *type;
        Moref vm;
        GuestAuthentication *auth;
        char *guest_file_path;
        GuestFileAttributes *file_attributes;
        int64_t file_size;
        bool overwrite;
} InitiateFileTransferToGuestRequestType;

typedef struct ListFilesInGuestRequestType {
        const WireType *type;
        Moref vm;
        GuestAuthentication *auth;
        char *file_path;
        WireInt index;
        WireInt max_results;
        char *match_pattern;
} ListFilesInGuestRequestType;

typedef struct MakeDirectoryInGuestRequestType {
        const WireType *type;
        Moref vm;
        GuestAuthentication *auth;
        char *directory_path;
        bool create_parent_directories;
} MakeDirectoryInGuestRequestType;

typedef struct MoveDirectoryInGuestRequestType {
        const WireType *type;
        Moref vm;
        GuestAuthentication *auth;
        char *src_directory_path;
        char *dst_directory_path;
} MoveDirectoryInGuestRequestType;

typedef struct MoveFileInGuestRequestType {
        const WireType *type;
        Moref vm;
        GuestAuthentication *auth;
        char *src_file_path;
        char *dst_file_path;
        bool overwrite;
} MoveFileInGuestRequestType;

#define TYPES_GUEST_FILE(X)                                                                        \
        X(ChangeFileAttributesInGuestRequestType)                                                  \
        X(CreateTemporaryDirectoryInGuestRequestType)                                              \
        X(CreateTemporaryFileInGuestRequestType)                                                   \
        X(DeleteDirectoryInGuestRequestType)                                                       \
        X(DeleteFileInGuestRequestType)                                                            \
        X(FileTransferInformation)                                                                 \
        X(GuestFileAttributes)                                                                     \
        X(GuestFileInfo)                                                                           \
        X(GuestListFileInfo)                                                                       \
        X(GuestPosixFileAttributes)                                                                \
        X(GuestWindowsFileAttributes)                                                              \
        X(InitiateFileTransferFromGuestRequestType)                                                \
        X(InitiateFileTransferToGuestRequestType)                                                  \
        X(ListFilesInGuestRequestType)                                                             \
        X(MakeDirectoryInGuestRequestType)                                                         \
        X(MoveDirectoryInGuestRequestType)                                                         \
        X(MoveFileInGuestRequestType)
