import APIMachinery

/// The labels by which a job knows its pods, and the selector for them: the server makes both.
enum JobPreparation: KindPreparation {
  private static let formerly = ["controller-uid", "job-name"]

  /// A job without labels has those of its pods.
  static var copied: [(part: String, member: String)] { [("metadata", "labels")] }

  static func create(_ job: inout JSONValue) {
    guard job["spec"]?["manualSelector"] != true else { return }
    let uid = job.text("metadata", "uid")
    let name = job.text("metadata", "name")
    job.edit("spec") { spec in
      spec.edit("template") { template in
        template.setDefault("metadata", [:])
        template.edit("metadata") { metadata in
          metadata.setDefault("labels", [:])
          metadata.edit("labels") { labels in
            labels.editObject { members in
              for prefix in ["", "batch.kubernetes.io/"] {
                // What somebody else has put there is left for validation to refuse.
                for (label, value) in [(formerly[0], uid), (formerly[1], name)] where members[prefix + label] == nil {
                  members[prefix + label] = .string(value)
                }
              }
            }
          }
        }
      }
      spec.setDefault("selector", [:])
      spec.edit("selector") { selector in
        selector.setDefault("matchLabels", [:])
        selector.edit("matchLabels") { labels in
          labels.setDefault("batch.kubernetes.io/controller-uid", .string(uid))
        }
      }
    }
  }
}
