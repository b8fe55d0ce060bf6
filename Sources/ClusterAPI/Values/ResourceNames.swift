/// Names of what containers ask for (Kubernetes, "Resource Management for Pods and Containers").
public enum ResourceNames {
  /// Whether somebody beside Kubernetes gives the resource out, such as a device plugin.
  public static func isExtended(_ name: String) -> Bool { ResourceValidation.isExtended(name) }
}
