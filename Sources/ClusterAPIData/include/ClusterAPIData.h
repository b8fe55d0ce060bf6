// The texts that describe the built-in kinds, as they stand in Kinds/. README.md says how they are written.
#ifndef CLUSTER_API_DATA_H
#define CLUSTER_API_DATA_H

/// How many texts there are.
int cluster_api_data_count(void);

/// The file's name of a text, such as `apps.v1.api`. Lives as long as the program.
const char *_Nonnull cluster_api_data_name(int index);

/// A text, in UTF-8. Lives as long as the program.
const char *_Nonnull cluster_api_data_text(int index);

/// The types in which kube-apiserver shows values: Kinds/internal.types. Lives as long as the program.
const char *_Nonnull cluster_api_data_internal(void);

/// The numbers of fields in protocol buffers: Kinds/protobuf.fields. Lives as long as the program.
const char *_Nonnull cluster_api_data_protobuf(void);

#endif
