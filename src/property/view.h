#pragma once

/*
 * Views: lists of managed objects that clients make. A ContainerView is live: whoever reads it sees
 * what is in the container then. Source: vSphere Web Services API, ContainerView, ListView.
 */

#include "property/own.h"

#define VIEW_TYPES_MAX 64U /* of a ContainerView */

/**
 * view_new_container() - all entities below @container, of one of @types
 * @types:      names; none stands for all types
 * @recursive:  else only what the container itself holds
 *
 * Return: 0, -EINVAL for a type that no client of ours can mean, -EUSERS, -ENOMEM.
 */
int view_new_container(Session *session, const Entity *container, const WireStrings *types,
                       bool recursive, OwnObject **ret);

/* What the client lists. Return: 0, -EUSERS, -ENOMEM. */
int view_new_list(Session *session, const WireMorefs *objects, OwnObject **ret);
