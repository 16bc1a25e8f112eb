#pragma once

/* The operations that change files, as their workers and tests call them; each is a FileAct. */

#include "agent/file-operation.h"

int change_file_attributes_act(const void *params, Arena *arena, Fault *fault, const void **ret);
int create_temporary_directory_act(const void *params, Arena *arena, Fault *fault,
                                   const void **ret);
int create_temporary_file_act(const void *params, Arena *arena, Fault *fault, const void **ret);
int delete_directory_act(const void *params, Arena *arena, Fault *fault, const void **ret);
int delete_file_act(const void *params, Arena *arena, Fault *fault, const void **ret);
int make_directory_act(const void *params, Arena *arena, Fault *fault, const void **ret);
int move_directory_act(const void *params, Arena *arena, Fault *fault, const void **ret);
int move_file_act(const void *params, Arena *arena, Fault *fault, const void **ret);
