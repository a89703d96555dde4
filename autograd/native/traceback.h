/* Tracebacks through the engine name its files, whatever the current directory is.

   Cython makes a code object for each place that passes an error on, and caches it by line number. In a module made of
   several files that is ambiguous, unless the line of the C file is requested as well; Cython then appends that line to
   the function's name, in brackets. Here it is removed again, and the file's path is completed. */

#pragma once

static char sources_root[4096]; /* the folder that file names are relative to, with a slash at the end */

static PyCodeObject *code_for_traceback(const char *file, const char *function, int line) {
    char path[8192], name[512];
    const char *end = strstr(function, " (");
    snprintf(name, sizeof name, "%.*s", end ? (int)(end - function) : (int)strlen(function), function);
    snprintf(path, sizeof path, "%s%s", file[0] == '/' ? "" : sources_root, file);
    return PyCode_NewEmpty(path, name, line);
}

#define PyCode_NewEmpty code_for_traceback
