/*
 * graphs: hand-written IR that several tests use: lines of one unum_config.json per function.
 */
#ifndef TESTS_SUPPORT_GRAPHS_H
#define TESTS_SUPPORT_GRAPHS_H

#define FAN_IN(values) "{\"Fan-in\":{\"Values\":[" values "]}}"

/* Video: neighbours in a map meet (vpxenc, xcdec), then a fold (rebase). The first node gives the
 * list of chunks. */
#define GRAPH_EXCAMERA                                                                                                                                                                                                                                                                                                                                                                                                                                          \
    "{\"Name\":\"UnumMap0\",\"Start\":true,\"Checkpoint\":true,"                                                                                                                                                                                                                                                                                                                                                                                                \
    "\"Next\":{\"Name\":\"vpxenc\",\"InputType\":\"Map\"}}\n"                                                                                                                                                                                                                                                                                                                                                                                                   \
    "{\"Name\":\"vpxenc\",\"Checkpoint\":true,\"Next\":["                                                                                                                                                                                                                                                                                                                                                                                                       \
    "{\"Name\":\"xcdec\",\"InputType\":\"Scalar\",\"Conditional\":\"$0 < $size-1\"},"                                                                                                                                                                                                                                                                                                                                                                           \
    "{\"Name\":\"reencode\",\"Conditional\":\"$0 > 1\",\"InputType\":" FAN_IN(                                                                                                                                                                                                                                                                                                                                                                                  \
        "\"vpxenc-unumIndex-$0\",\"xcdec-unumIndex-($0-1)\"") "},"                                                                                                                                                                                                                                                                                                                                                                                              \
                                                              "{\"Name\":\"rebase\","                                                                                                                                                                                                                                                                                                                                                                           \
                                                              "\"Conditional\":\"$0 == "                                                                                                                                                                                                                                                                                                                                                                        \
                                                              "1\",\"InputType\":" FAN_IN(                                                                                                                                                                                                                                                                                                                                                                      \
                                                                  "\"vpxenc-unumIndex-$0\","                                                                                                                                                                                                                                                                                                                                                                    \
                                                                  "\"xcdec-unumIndex-($0-1)\"") "}]}\n"                                                                                                                                                                                                                                                                                                                                                         \
                                                                                                "{\"Name\":\"xcdec\",\"Checkpoint\":true,\"Next Payload Modifiers\":[\"$0=$0+1\"],"                                                                                                                                                                                                                                                                             \
                                                                                                "\"Next\":[{\"Name\":\"reencode\",\"Conditional\":\"$0<$size-1 and $0>0\","                                                                                                                                                                                                                                                                                     \
                                                                                                "\"InputType\":" FAN_IN("\"vpxenc-unumIndex-($0+1)\",\"xcdec-unumIndex-$0\"") "},"                                                                                                                                                                                                                                                                              \
                                                                                                                                                                              "{\"Name\":\"rebase\",\"Conditional\":\"$0 == 0\",\"InputType\":" FAN_IN("\"vpxenc-unumIndex-($0+1)\",\"xcdec-unumIndex-$0\"") "}]}\n"                                                                                                                                            \
                                                                                                                                                                                                                                                                                                             "{\"Name\":\"reencode\",\"Checkpoint\":true,\"Next\":{\"Name\":\"rebase\","                                                                        \
                                                                                                                                                                                                                                                                                                             "\"InputType\":" FAN_IN("\"rebase-unumIndex-($0-1)\",\"reencode-unumIndex-$0\"") "}}\n"                                                            \
                                                                                                                                                                                                                                                                                                                                                                                              "{\"Name\":\"rebase\",\"Checkpoint\":true,\"End\":true,"          \
                                                                                                                                                                                                                                                                                                                                                                                              "\"Next Payload Modifiers\":[\"$0=$0+1\"],"                       \
                                                                                                                                                                                                                                                                                                                                                                                              "\"Next\":{\"Name\":\"rebase\",\"Conditional\":\"$0 < $size-1\"," \
                                                                                                                                                                                                                                                                                                                                                                                              "\"InputType\":" FAN_IN(                                          \
                                                                                                                                                                                                                                                                                                                                                                                                  "\"rebase-unumIndex-$0\",\"reencode-unumIndex-($0+1)\"") "}}\n"

/* Acc-k of Acc-(k-1) and Elem-k. */
#define GRAPH_FOLD                                                                                 \
    "{\"Name\":\"A\",\"Start\":true,\"Next\":{\"Name\":\"Elem\",\"InputType\":\"Map\"}}\n"         \
    "{\"Name\":\"Elem\",\"Checkpoint\":true,\"Next\":["                                            \
    "{\"Name\":\"Acc\",\"InputType\":\"Scalar\",\"Conditional\":\"$0 == 0\"},"                     \
    "{\"Name\":\"Acc\",\"Conditional\":\"$0 > 0\",\"InputType\":" FAN_IN(                          \
        "\"Acc-unumIndex-($0-1)\",\"Elem-unumIndex-$0\"") "}]}\n"                                  \
                                                          "{\"Name\":\"Acc\",\"Checkpoint\":true," \
                                                          "\"End\":true,"                          \
                                                          "\"Next Payload "                        \
                                                          "Modifiers\":[\"$0=$0+1\"],"             \
                                                          "\"Next\":{\"Name\":\"Acc\","            \
                                                          "\"Conditional\":\"$0 < "                \
                                                          "$size-1\",\"InputType\":" FAN_IN(       \
                                                              "\"Acc-unumIndex-$0\",\"Elem-"       \
                                                              "unumIndex-($0+1)\"") "}}\n"

#define GRAPH_PARALLEL                                                                             \
    "{\"Name\":\"A\",\"Start\":true,\"Next\":[{\"Name\":\"B\",\"InputType\":\"Scalar\"},"          \
    "{\"Name\":\"C\",\"InputType\":\"Scalar\"}]}\n"                                                \
    "{\"Name\":\"B\",\"Next\":{\"Name\":\"D\",\"InputType\":" FAN_IN(                              \
        "\"B-unumIndex-0\",\"C-unumIndex-1\"") "},\"Next Payload Modifiers\":[\"Pop\"]}\n"         \
                                               "{\"Name\":\"C\",\"Next\":{\"Name\":\"D\","         \
                                               "\"InputType\":" FAN_IN("\"B-unumIndex-0\",\"C-"    \
                                                                       "unumIndex-1\"") "},"       \
                                                                                        "\"Next "  \
                                                                                        "Payload " \
                                                                                        "Modifier" \
                                                                                        "s\":["    \
                                                                                        "\"Pop\"]" \
                                                                                        "}\n"      \
                                                                                        "{\"Name"  \
                                                                                        "\":"      \
                                                                                        "\"D\"}\n"

#endif
