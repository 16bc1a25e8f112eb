#pragma once

/*
 * Paths of properties, as clients give them to the property collector: "name",
 * "runtime.powerState", "config.hardware.numCPU". The first segment is a property of the managed
 * object's type, the others are members of data objects. Items of arrays have no paths.
 *
 * Source: vSphere Web Services API, PropertySpec.pathSet.
 */

#include "property/object.h"

/**
 * property_check() - whether a path can lead to a value
 *
 * Members of types that derive from a declared type count: which of them an object has is not
 * known before it is looked at. What lies below a property of unknown type may be anything.
 *
 * Return: the property that the path begins with, whose privilege it takes; NULL for no path.
 */
const Property *property_check(const ManagedType *type, const char *path);

/**
 * property_read() - the value of a path
 * @ret:        of objects and arrays of them the declared type, of strings their enum. The value
 *              lies in the arena or belongs to the inventory: good until the loop's turn ends
 *
 * An array that is there is a value, even if it is empty.
 *
 * Return: 1, 0 for unset, -ENOENT for what property_check() refuses, or -ENOMEM.
 */
int property_read(const PropertyContext *context, const Object *object, const char *path,
                  WireAny *ret);
