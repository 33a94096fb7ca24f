/// Networks, and a container's place on one.
///
/// Source: docker/docker 28.5 `api/types/network`.
let networkStructs = """
  network.IPAMConfig
    Subnet IPRange Gateway string?
    AuxAddress=AuxiliaryAddresses map:string?
  network.IPAM
    Driver string
    Options map:string
    Config []network.IPAMConfig
  network.EndpointResource
    Name EndpointID MacAddress IPv4Address IPv6Address string
  network.PeerInfo
    Name IP string
  network.Task
    Name EndpointID EndpointIP string
    Info map:string
  network.ServiceInfo
    VIP string
    Ports []string
    LocalLBIndex int
    Tasks []network.Task
  network.ConfigReference
    Network string
  network.EndpointIPAMConfig
    IPv4Address IPv6Address string?
    LinkLocalIPs []string?
  network.EndpointSettings
    IPAMConfig *network.EndpointIPAMConfig
    Links Aliases []string
    MacAddress string
    DriverOpts map:string
    GwPriority int
    NetworkID EndpointID Gateway IPAddress string
    IPPrefixLen int
    IPv6Gateway GlobalIPv6Address string
    GlobalIPv6PrefixLen int
    DNSNames []string
  network.CreateRequest
    Driver Scope string
    EnableIPv4 EnableIPv6 *bool?
    IPAM *network.IPAM
    Internal Attachable Ingress ConfigOnly bool
    ConfigFrom *network.ConfigReference
    Options Labels map:string
    Name string
  network.Inspect
    Name ID=Id string
    Created time
    Scope Driver string
    EnableIPv4 EnableIPv6 bool
    IPAM network.IPAM
    Internal Attachable Ingress bool
    ConfigFrom network.ConfigReference
    ConfigOnly bool
    Containers map:network.EndpointResource
    Options Labels map:string
    Peers []network.PeerInfo?
    Services map:network.ServiceInfo?
  """
