# rbvmomi as its users write it. Reads a line of JSON for each operation, answers it by one.
#
#     ruby client.rb HOST PORT USER PASSWORD

require 'digest'
require 'json'
require 'net/http'
require 'rbvmomi'

host, port, user, password = ARGV
VIM = RbVmomi::VIM
vim = VIM.connect(host: host, port: port.to_i, ssl: true, insecure: true, user: user,
                  password: password)

class Client
  def initialize(vim)
    @vim = vim
    @content = vim.serviceInstance.content
    @manager = @content.guestOperationsManager
  end

  def about
    { version: @content.about.apiVersion, rev: @vim.rev,
      time: @vim.serviceInstance.CurrentTime.to_f,
      user: @content.sessionManager.currentSession.userName }
  end

  def find_by_path(path)
    @machine = @content.searchIndex.FindByInventoryPath(inventoryPath: path)
    { id: @machine._ref, name: @machine.name }
  end

  def find_by_child(datacenter, name)
    found = @vim.serviceInstance.find_datacenter(datacenter).find_vm(name)
    { id: found._ref, missing: @vim.root.find('no such').inspect }
  end

  def find_by_uuid(uuid)
    found = @content.searchIndex.FindByUuid(uuid: uuid, vmSearch: true)
    { id: found._ref }
  end

  def read
    guest = @machine.guest
    config = @machine.config
    { uuid: config.uuid, name: config.name, memory: config.hardware.memoryMB,
      tools: guest.toolsStatus, running: guest.toolsRunningStatus, family: guest.guestFamily,
      state: @machine.runtime.powerState, summary: @machine.summary.config.uuid }
  end

  def collect(kind)
    view = @content.viewManager.CreateContainerView(container: @content.rootFolder, type: [kind],
                                                    recursive: true)
    names = view.view.map(&:name)
    both = @content.rootFolder.childEntity.first.vmFolder.childEntity.map do |machine|
      machine.collect('name', 'runtime.powerState')
    end
    view.DestroyView
    { names: names, both: both }
  end

  def auth(password = 'demo-secret')
    VIM::NamePasswordAuthentication(interactiveSession: false, username: 'demo',
                                    password: password)
  end

  def validate
    @manager.authManager.ValidateCredentialsInGuest(vm: @machine, auth: auth)
    {}
  end

  def start(path, arguments, variables)
    spec = VIM::GuestProgramSpec(programPath: path, arguments: arguments)
    spec.envVariables = variables unless variables.empty?
    { pid: @manager.processManager.StartProgramInGuest(vm: @machine, auth: auth, spec: spec) }
  end

  def list(pids)
    rows = @manager.processManager.ListProcessesInGuest(vm: @machine, auth: auth, pids: pids)
    { rows: rows.map do |row|
      { pid: row.pid, name: row.name, owner: row.owner, started: !row.startTime.nil?,
        ended: !row.endTime.nil?, code: row.exitCode, command: row.cmdLine }
    end }
  end

  def terminate(pid)
    @manager.processManager.TerminateProcessInGuest(vm: @machine, auth: auth, pid: pid)
    {}
  end

  def environment(names)
    { values: @manager.processManager.ReadEnvironmentVariableInGuest(vm: @machine, auth: auth,
                                                                     names: names) }
  end

  def power
    states = %i[SuspendVM_Task PowerOnVM_Task].map do |method|
      @machine.public_send(method).wait_for_completion
      @machine.runtime.powerState
    end
    { states: states }
  end

  def files
    @manager.fileManager
  end

  # Uploads and downloads are plain HTTP; the URL is all that it takes.
  def transfer(url, request)
    uri = URI(url)
    Net::HTTP.start(uri.host, uri.port, use_ssl: true,
                                        verify_mode: OpenSSL::SSL::VERIFY_NONE) do |http|
      http.request(request.new(uri.request_uri), *yield)
    end
  end

  def upload(path, size, overwrite, permissions)
    data = Random.new(7).bytes(size)
    attributes = VIM::GuestPosixFileAttributes(permissions: permissions)
    url = files.InitiateFileTransferToGuest(vm: @machine, auth: auth, guestFilePath: path,
                                            fileAttributes: attributes, fileSize: size,
                                            overwrite: overwrite)
    { status: transfer(url, Net::HTTP::Put) { [data] }.code.to_i,
      sha256: Digest::SHA256.hexdigest(data) }
  end

  def download(path)
    info = files.InitiateFileTransferFromGuest(vm: @machine, auth: auth, guestFilePath: path)
    answer = transfer(info.url, Net::HTTP::Get) { [] }
    { status: answer.code.to_i, size: info[:size], length: answer['Content-Length'].to_i,
      sha256: Digest::SHA256.hexdigest(answer.body), permissions: info.attributes.permissions,
      owner: info.attributes.ownerId }
  end

  def list_files(path, index, max, pattern)
    found = files.ListFilesInGuest(vm: @machine, auth: auth, filePath: path, index: index,
                                   maxResults: max, matchPattern: pattern)
    { remaining: found.remaining, rows: found.files.map do |row|
      { path: row.path, type: row.type, size: row[:size], owner: row.attributes.ownerId,
        mode: row.attributes.permissions, target: row.attributes.symlinkTarget,
        time: row.attributes.modificationTime.to_i }
    end }
  end

  # Any of the manager's methods that take paths and flags.
  def file(method, arguments)
    { value: files.public_send(method, vm: @machine, auth: auth,
                                       **arguments.transform_keys(&:to_sym)) }
  end

  def change(path, seconds, permissions)
    attributes = VIM::GuestPosixFileAttributes(modificationTime: Time.at(seconds).utc,
                                               permissions: permissions)
    file('ChangeFileAttributesInGuest',
         'guestFilePath' => path, 'fileAttributes' => attributes)
  end

  def faults
    said = {}
    { login: -> { @manager.authManager.ValidateCredentialsInGuest(vm: @machine, auth: auth('x')) },
      file: -> { start('/no/such', '', []) },
      directory: -> { file('DeleteFileInGuest', 'filePath' => '/tmp') },
      denied: -> { list_files('/root', nil, nil, nil) },
      process: -> { terminate(999_999) },
      object: -> { VIM::VirtualMachine(@vim, 'vm-none').name } }.each do |name, call|
      begin
        call.call
      rescue RbVmomi::Fault => e
        said[name] = [e.fault.class.wsdl_name, e.message,
                      e.fault.props.reject { |key, _| key.to_s.start_with?('fault') }
                       .transform_values(&:to_s)]
      end
    end
    said
  end

  def logout
    @content.sessionManager.Logout
    { session: @content.sessionManager.currentSession.inspect }
  end
end

client = Client.new(vim)
$stdout.sync = true
while (line = $stdin.gets)
  operation, *arguments = JSON.parse(line)
  begin
    puts JSON.generate(ok: client.public_send(operation, *arguments))
  rescue StandardError => e
    puts JSON.generate(error: "#{e.class}: #{e.message}")
  end
end
