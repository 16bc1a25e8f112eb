#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets below corpus/. Each is small and says one thing."""

import os
import struct
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))


def save(target, name, data):
    path = os.path.join(HERE, 'corpus', target)
    os.makedirs(path, exist_ok=True)
    with open(os.path.join(path, name), 'wb') as file:
        file.write(data)


# json: the first byte chooses the type, as in fuzz-json.c

VM = '"vm":{"type":"VirtualMachine","value":"vm-1"}'
VM_TAGGED = '"vm":{"_typeName":"ManagedObjectReference","type":"VirtualMachine","value":"vm-1"}'
AUTH = ('"auth":{"_typeName":"NamePasswordAuthentication","interactiveSession":false,'
        '"username":"root","password":"p\\u00e4\\"ss"}')
SPEC = '"spec":{"programPath":"/bin/sh","arguments":"-c true"}'
SPEC_LONG = ('"spec":{"_typeName":"GuestProgramSpec","programPath":"/bin/sh","arguments":"",'
             '"workingDirectory":"/","envVariables":["A=1","B=\u00e4",""]}')
SPEC_WINDOWS = ('"spec":{"programPath":"p","arguments":"","startMinimized":true,'
                '"_typeName":"GuestWindowsProgramSpec"}')


def arg(value):
    return '{"key":"k","arg":[{"_typeName":"KeyAnyValue","key":"a","value":' + value + '}]}'


def box(name, value):
    return arg('{"_typeName":"%s","_value":%s}' % (name, value))


JSON = {
    'start': (0, '{%s,%s,%s}' % (VM, AUTH, SPEC)),
    'start-tagged': (0, '{"_typeName":"StartProgramInGuest",%s,%s,%s}' %
                     (VM_TAGGED, AUTH, SPEC_LONG)),
    'start-windows': (0, '{%s,%s,%s}' % (SPEC_WINDOWS, AUTH, VM)),
    'start-null': (0, '{%s,%s,"spec":null}' % (VM, AUTH)),
    'auth-abstract': (0, '{%s,"auth":{"_typeName":"GuestAuthentication"}}' % VM),
    'auth-unnamed': (0, '{%s,"auth":{"interactiveSession":true}}' % VM),
    'auth-saml': (0, '{%s,%s,"auth":{"_typeName":"SAMLTokenAuthentication",'
                     '"interactiveSession":true,"token":"t","username":null}}' % (VM, SPEC)),
    'vm-server': (1, '{%s,"vm":{"type":"V","value":"v","serverGuid":"g"}}' % AUTH),
    'list': (1, '{%s,%s}' % (VM, AUTH)),
    'list-pids': (1, '{%s,%s,"pids":[1,-0,9223372036854775807,-9223372036854775808]}' %
                  (VM, AUTH)),
    'list-fraction': (1, '{%s,%s,"pids":[1.5,1e3]}' % (VM, AUTH)),
    'login': (2, '{"userName":"u","password":"p","locale":"en"}'),
    'login-empty': (2, ''),
    'login-twice': (2, '{"userName":"u","userName":"u","password":"p"}'),
    'login-unknown': (2, '{"userName":"u","password":"p","\u00e4\u20ac\U0001f600":1}'),
    'login-escapes': (2, '{"userName":"\\b\\f\\n\\r\\t\\/\\\\\\"\\ud83d\\ude00","password":""}'),
    'login-nul': (2, '{"userName":"a\\u0000b","password":""}'),
    'active': (3, '{"sessionID":"52b5","userName":"u"}'),
    'nothing': (4, '{}'),
    'nothing-array': (4, '[]'),
    'any-string': (5, box('string', '"x"')),
    'any-boolean': (5, box('boolean', 'true')),
    'any-int': (5, box('int', '-1')),
    'any-long': (5, box('long', '300')),
    'any-time': (5, box('dateTime', '"2022-12-12T12:48:35.473645+01:00"')),
    'any-longs': (5, box('ArrayOfLong', '[1,2]')),
    'any-strings': (5, box('ArrayOfString', '["Folder","Datacenter"]')),
    'any-references': (5, box('ArrayOfManagedObjectReference',
                              '[{"type":"Task","value":"task-1"}]')),
    'any-reference': (5, arg('{"_typeName":"ManagedObjectReference","type":"T","value":"v"}')),
    'any-reference-boxed': (5, box('ManagedObjectReference', '{"type":"T","value":"v"}')),
    'any-object': (5, arg('{"_typeName":"NotSupported","faultCause":'
                          '{"_typeName":"FileNotFound","file":"f"}}')),
    'session': (6, '{"key":"k","userName":"u","fullName":"f","loginTime":"1970-01-01T00:00:00Z",'
                   '"lastActiveTime":"2022-12-12T11:48:35.5Z","locale":"en","messageLocale":"en",'
                   '"extensionSession":false,"ipAddress":"::1","userAgent":"a","callCount":7}'),
    'runtime': (7, '{"connectionState":"c","powerState":"poweredOn","faultToleranceState":"f",'
                   '"toolsInstallerMounted":false,"numMksConnections":0,'
                   '"recordReplayState":"inactive","onlineStandby":false,'
                   '"consolidationNeeded":true}'),
    'guest': (8, '{"guestState":"running","guestOperationsReady":false,"hostName":null}'),
    'fault': (9, '{"file":"f","faultMessage":[{"_typeName":"LocalizableMessage","key":"k"}]}'),
}
for name, (choice, text) in JSON.items():
    save('json', name, bytes([choice]) + text.encode())
save('json', 'login-latin1', b'\x02{"userName":"\xe4","password":""}')


# soap: the call says which type, as in fuzz-soap.c

SPACE = 'http://schemas.xmlsoap.org/soap/envelope/'
SCHEMA = 'http://www.w3.org/2001/XMLSchema'
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
SOAP_VM = '<vm type="VirtualMachine">vm-1</vm>'
SOAP_AUTH = ('<auth xsi:type="NamePasswordAuthentication"><interactiveSession>false'
             '</interactiveSession><username>root</username><password>p\u00e4&quot;&lt;</password>'
             '</auth>')
SOAP_SPEC = ('<spec><programPath>/bin/sh</programPath><arguments>-c true &gt; x</arguments>'
             '<envVariables>A=1</envVariables><envVariables/></spec>')


def call(method, content, receiver='T'):
    return '<%s xmlns="urn:vim25"><_this type="%s">t</_this>%s</%s>' % (
        method, receiver, content, method)


def soapenv(body, header=''):
    return ('%s<soapenv:Envelope xmlns:soapenv="%s" xmlns:xsd="%s" xmlns:xsi="%s-instance">%s'
            '<soapenv:Body>%s</soapenv:Body></soapenv:Envelope>' %
            (DECLARATION, SPACE, SCHEMA, SCHEMA, header, body))


def process(method, content):
    return soapenv(call(method, content, 'GuestProcessManager'))


def soap_any(kind, content, attributes=''):
    return soapenv(call('KeyAnyValue', '<key>k</key><value xsi:type="%s"%s>%s</value>' %
                        (kind, attributes, content)))


SOAP = {
    'start': process('StartProgramInGuest', SOAP_VM + SOAP_AUTH + SOAP_SPEC),
    'start-order': process('StartProgramInGuest', SOAP_SPEC + SOAP_AUTH + SOAP_VM),
    'start-windows': process(
        'StartProgramInGuest', SOAP_VM + SOAP_AUTH +
        '<spec xsi:type="GuestWindowsProgramSpec"><programPath>p</programPath><arguments/>'
        '<workingDirectory xsi:nil="true"/><startMinimized>1</startMinimized></spec>'),
    'start-twice': process('StartProgramInGuest', SOAP_VM + SOAP_VM + SOAP_AUTH + SOAP_SPEC),
    'auth-abstract': process('ListProcessesInGuest',
                             SOAP_VM + '<auth><interactiveSession>0</interactiveSession></auth>'),
    'list-pids': process('ListProcessesInGuest', SOAP_VM + SOAP_AUTH + '<pids>1</pids><pids> -7 '
                         '</pids><pids>9223372036854775807</pids>'),
    'list-govmomi':
        '<Envelope xmlns="%s"><Header><operationID>4a5f</operationID></Header><Body>'
        '<ListProcessesInGuest xmlns="urn:vim25"><_this type="GuestProcessManager">m</_this>%s'
        '<auth xmlns:XMLSchema-instance="%s-instance" '
        'XMLSchema-instance:type="TicketedSessionAuthentication"><interactiveSession>true'
        '</interactiveSession><ticket>t</ticket></auth></ListProcessesInGuest></Body></Envelope>' %
        (SPACE, SOAP_VM, SCHEMA),
    'login-rbvmomi':
        '<env:Envelope xmlns:env="%s"><env:Body>%s</env:Body></env:Envelope>' %
        (SPACE, call('Login', '<userName>u</userName><password>p</password>', 'SessionManager')),
    'login-internal': soapenv('<i:Login xmlns:i="urn:internalvim25"><_this type="SessionManager">s'
                              '</_this><userName>u</userName><password><![CDATA[<&]]></password>'
                              '<!-- c --><?p?><locale xsi:nil="1"/></i:Login>'),
    'headers': soapenv(call('NoParameters', ''), '<soapenv:Header><operationID>o</operationID>'
                       '<vcSessionCookie>c</vcSessionCookie></soapenv:Header>'),
    'any-string': soap_any('xsd:string', 'x&#xD;\n'),
    'any-boolean': soap_any('xsd:boolean', '1'),
    'any-short': soap_any('xsd:short', '7'),
    'any-long': soap_any('xsd:long', '300'),
    'any-time': soap_any('xsd:dateTime', '2022-12-12T12:48:35.473645+01:00'),
    'any-reference': soap_any('ManagedObjectReference', 'v', ' type="a&quot;&#10;b"'),
    'any-enum': soap_any('TaskInfoState', 'queued'),
    'any-longs': soap_any('ArrayOfLong', '<long>1</long><long>2</long>'),
    'any-strings': soap_any('ArrayOfString', '<string>a</string>\n<string/>'),
    'any-enums': soap_any('ArrayOfTaskInfoState', '<TaskInfoState>error</TaskInfoState>'),
    'any-references': soap_any('ArrayOfManagedObjectReference',
                               '<ManagedObjectReference type="Task">t</ManagedObjectReference>'),
    'any-object': soap_any('GuestProgramSpec', '<programPath>p</programPath><arguments/>'),
    'any-objects': soap_any('ArrayOfKeyAnyValue', '<KeyAnyValue><key/><value xsi:type="xsd:int">1'
                            '</value></KeyAnyValue>'),
    'any-anys': soap_any('ArrayOfAnyType', '<anyType xsi:type="NotSupported"/>'),
    'any-fault': soap_any('LocalizedMethodFault', '<fault xsi:type="FileNotFound"><file>f</file>'
                          '</fault><localizedMessage>m</localizedMessage>'),
    'any-fault-bare': soap_any('NotSupported', ''),
    'any-faults': soap_any('ArrayOfLocalizedMethodFault', '<LocalizedMethodFault><fault '
                           'xsi:type="NotSupported"/></LocalizedMethodFault>'),
    'fault': soapenv(call('FileNotFound', '<faultCause><fault xsi:type="NotSupported"/>'
                          '</faultCause><faultMessage><key>k</key></faultMessage><file>f</file>')),
    'session': soapenv(call(
        'UserSession', '<key>k</key><userName>u</userName><fullName>f</fullName>'
        '<loginTime>1970-01-01T00:00:00Z</loginTime><lastActiveTime>2022-12-12T11:48:35.5Z'
        '</lastActiveTime><locale/><messageLocale/><extensionSession>0</extensionSession>'
        '<ipAddress>::1</ipAddress><userAgent>a</userAgent><callCount>7</callCount>')),
    'guest': soapenv(call('GuestInfo', '<guestState>running</guestState>'
                          '<guestOperationsReady>true</guestOperationsReady>')),
    'envelope-12': '<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Body/></Envelope>',
    'doctype': '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    'latin1': '<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
    'action': '"urn:vim25/8.0.3.0"',
}
for name, text in SOAP.items():
    save('soap', name, text.encode())


# tlv: the first byte chooses the type, as in fuzz-tlv.c

def element(tag, value):
    return struct.pack('<HI', tag, len(value)) + value


def named(name, *members):
    return bytes([len(name)]) + name.encode() + b''.join(members)


def number(value):
    return struct.pack('<q', value)


def boxed(form, *values):
    return bytes([form]) + b''.join(element(1, value) for value in values)


REFERENCE = named('VirtualMachine', b'vm-1')
PASSWORD = named('NamePasswordAuthentication', element(1, b'\0'), element(0x101, b'root'),
                 element(0x102, b'secret'))
PROGRAM = named('GuestProgramSpec', element(1, b'/bin/sh'), element(2, b''), element(3, b'/'),
                element(4, b'A=1'), element(4, b'B=2'))
PROCESS = (element(1, b'sh'), element(2, number(7)), element(3, b'root'), element(4, b'sh -c x'),
           element(5, number(1670845715473645)))
ENDED = PROCESS + (element(6, number(1670845715473646)), element(7, struct.pack('<i', 127)))
START = element(1, REFERENCE) + element(2, PASSWORD) + element(3, PROGRAM)
FILE = named('FileNotFound', element(0x201, b'/bin/nope'))
HELLO = (element(1, struct.pack('<i', 1)) + element(2, b'0.1.0') + element(3, b'0123456789abcdef') +
         element(4, b'boot') + element(5, number(1)))
ADDRESS = named('AgentAddress', element(1, b'192.0.2.7'), element(2, struct.pack('<i', 24)))
ADDRESS6 = named('AgentAddress', element(1, b'2001:db8::7'), element(2, struct.pack('<i', 64)),
                 element(3, b'\1'))
INTERFACE = named('AgentInterface', element(1, b'eth0'), element(2, b'\1'),
                  element(3, b'00:00:5e:00:53:07'), element(4, ADDRESS), element(4, ADDRESS6))
TUNNEL = named('AgentInterface', element(1, b'tun0'), element(2, b'\0'))
DISK = named('AgentDisk', element(1, b'/'), element(2, b'ext4'), element(3, number(4 << 30)),
             element(4, number(1 << 20)))


def request(params):
    return (element(1, b'StartProgramInGuest') + element(2, b'i') + element(3, b'r') +
            element(4, number(99)) + element(5, params))


TLV = {
    'host-hello': (0, element(1, b'uuid') + element(2, b'0.1.0')),
    'host-hello-newer': (0, element(1, b'uuid') + element(9, b'new') + element(0x103, b'') +
                         element(2, b'0.2.0')),
    'host-hello-twice': (0, element(1, b'a') + element(1, b'a') + element(2, b'')),
    'agent-hello': (1, HELLO),
    'agent-hello-whole': (1, HELLO + element(6, b'StartProgramInGuest') + element(7, b'x') +
                          element(6, b'ListProcessesInGuest') + element(8, b'h') + element(9, b'')),
    'clock': (2, element(1, number(-1))),
    'clock-short': (2, element(1, b'\0\0\0\0')),
    'request-start': (3, request(b'\x1eStartProgramInGuestRequestType' + START)),
    'request-list': (3, request(named('ListProcessesInGuestRequestType', element(1, REFERENCE),
                                      element(2, PASSWORD), element(3, number(1)),
                                      element(3, number(7))))),
    'request-nothing': (3, request(named('NoParameters'))),
    'request-abstract': (3, request(named('GuestAuthentication'))),
    'answer-void': (4, b''),
    'answer-pid': (4, element(1, boxed(5, number(4242)))),
    'answer-bool': (4, element(1, boxed(1, b'\1'))),
    'answer-optional': (4, element(1, boxed(4, b'\0\0\0\0'))),
    'answer-text': (4, element(1, boxed(7, 'ä€'.encode()))),
    'answer-time': (4, element(1, boxed(8, number(0)))),
    'answer-reference': (4, element(1, boxed(9, REFERENCE))),
    'answer-object': (4, element(1, boxed(10, named('GuestProcessInfo', *ENDED)))),
    'answer-longs': (4, element(1, boxed(12, number(1), number(2)))),
    'answer-strings': (4, element(1, boxed(13, b'', b'x'))),
    'answer-references': (4, element(1, boxed(14, REFERENCE))),
    'answer-list': (4, element(1, boxed(15, named('GuestProcessInfo', *PROCESS),
                                        named('GuestProcessInfo', *ENDED)))),
    'answer-empty-list': (4, element(1, boxed(15))),
    'answer-two-values': (4, element(1, boxed(1, b'\1', b'\1'))),
    'answer-form-255': (4, element(1, b'\xff')),
    'answer-fault': (4, element(2, FILE) + element(3, b'File /bin/nope was not found')),
    'answer-fault-cause': (4, element(2, named('InvalidGuestLogin', element(1, FILE)))),
    'question': (5, element(1, b'root') + element(2, b'secret')),
    'verdict': (6, element(1, struct.pack('<i', -13)) + element(2, number(2000000)) +
                element(3, b'pam') + element(5, number(0)) + element(6, number(0)) +
                element(7, number(4)) + element(7, number(27)) + element(9, b'A=1')),
    'message': (7, element(1, b'k') + element(2, named('KeyAnyValue', element(1, b'1'), element(
        2, boxed(7, b'x')))) + element(3, b'm')),
    'message-deep': (7, element(1, b'k') + element(2, named('KeyAnyValue', element(1, b'1'), element(
        2, boxed(15, named('KeyAnyValue', element(1, b'2'), element(2, boxed(6, number(1)))))))) ),
    'process': (8, b''.join(ENDED)),
    'start': (9, START),
    'facts': (11, element(1, b'h') + element(2, b'Linux') + element(3, number(1670845715000000)) +
              element(4, INTERFACE) + element(4, TUNNEL)),
    'facts-disks': (11, element(5, DISK) + element(5, named(
        'AgentDisk', element(1, b''), element(2, b''), element(3, number(-1)),
        element(4, number(2))))),
    'facts-problems': (11, element(6, struct.pack('<i', 3)) + element(7, b'pam-service-missing') +
                       element(7, b'operations-disabled')),
    'facts-problems-hostile': (11, element(6, struct.pack('<i', -1)) + element(7, b'') +
                               element(7, b'\x1b[2J') + element(7, b'x' * 64)),
    'facts-nothing': (11, b''),
    'facts-mixed': (11, element(4, TUNNEL) + element(1, b'h') + element(4, INTERFACE)),
    'facts-address-missing': (11, element(4, named('AgentInterface', element(1, b'eth0'), element(
        2, b'\1'), element(4, named('AgentAddress', element(2, b'\x18\0\0\0')))))),
    'facts-other-type': (11, element(4, ADDRESS)),
    'power-state': (10, element(0x301, b'poweredOn') + element(0x302, b'suspended')),
}
for name, (choice, data) in TLV.items():
    save('tlv', name, bytes([choice]) + data)


# mounts

for name, data in {
    'disk': '27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard',
    'escapes': '36 27 0:41 /sub /a\\040b\\134\\011\\012\\377 rw - btrfs /dev/sda1 rw,subvol=/sub',
    'fuse': '40 27 0:51 / /w rw,nosuid master:1 propagate_from:2 - fuse.x  rw,user_id=1000',
    'utab': 'ID=7 SRC=/dev/sdb1 TARGET=/media/a\\040b ROOT=/ OPTS=user=bob,uhelper=udisks2',
}.items():
    save('mounts', name, data.encode())


# files: the first byte chooses the method, the second one how names are paged: fuzz-files.c

WHO = element(1, REFERENCE) + element(2, PASSWORD)
TIMES = element(1, number(1600000000000000)) + element(2, number(-1))
POSIX = named('GuestPosixFileAttributes', TIMES, element(0x101, struct.pack('<i', 1000)),
              element(0x102, struct.pack('<i', -1)), element(0x103, number(0o100644)))
WINDOWS = named('GuestWindowsFileAttributes', element(0x101, b'\1'))
NAMES = '/b.txt/a.txt/B/.hidden/ärger/caf\uf0e9/..../x y/' + 'a' * 40 + '!/log.1/log.10/log.2'


def listing(pattern=None, path=NAMES, index=None, results=None):
    data = WHO + element(3, path.encode())
    for tag, value in ((4, index), (5, results)):
        data += element(tag, struct.pack('<i', value)) if value is not None else b''
    return data + (element(6, pattern.encode()) if pattern is not None else b'')


def bare(pattern):
    return pattern.encode() + b'\0' + NAMES.encode()


FILES = {
    'list': (0, listing()),
    'list-page': (0, listing(index=3, results=5)),
    'list-negative': (0, listing(index=-1)),
    'list-none': (0, listing(results=0)),
    'list-empty': (0, listing(path='')),
    'list-escapes': (0, listing(path='/caf\uf0e9/\uf001\uf0ef\uf083\uf0a9')),
    'pattern': (0, listing('^[a-z]+\\.txt$')),
    'pattern-empty': (0, listing('')),
    'pattern-bad': (11, bare('*.txt')),
    'pattern-words': (11, bare('(?i)(?<n>\\pL+)\\.(?:log|txt)|^(?!.*\\.bak$)\\w{1,9}')),
    'pattern-escape': (11, bare('caf\uf0e9')),
    'pattern-catastrophe': (11, bare('^(a+)+$')),
    'pattern-limits': (11, bare('(*LIMIT_MATCH=4000000000)(*UCP)^(a|aa)+$')),
    'pattern-recursion': (11, bare('^(?<x>a?(?&x)?)*[bc]$')),
    'pattern-bytes': (11, bare('a\\C')),
    'pattern-callout': (11, bare('a(?C1)b(?C"x")')),
    'pattern-large': (11, bare('(((a{1,100}){1,100}){1,100})')),
    'attributes': (1, WHO + element(3, b'/a') + element(4, POSIX)),
    'attributes-windows': (1, WHO + element(3, b'/a') + element(4, WINDOWS)),
    'temporary-directory': (2, WHO + element(3, b'a') + element(4, b'') + element(5, b'/tmp')),
    'temporary-file': (3, WHO + element(3, b'a/') + element(4, b'z')),
    'delete-directory': (4, WHO + element(3, b'/a') + element(4, b'\1')),
    'delete-file': (5, WHO + element(3, 'é'.encode())),
    'from-guest': (6, WHO + element(3, b'/a')),
    'to-guest': (7, WHO + element(3, b'/a') + element(4, POSIX) + element(5, number(7)) +
                 element(6, b'\1')),
    'make-directory': (8, WHO + element(3, b'/a/b') + element(4, b'\0')),
    'move-directory': (9, WHO + element(3, b'/a') + element(4, b'/b')),
    'move-file': (10, WHO + element(3, b'/a') + element(4, b'/b') + element(5, b'\0')),
}
for name, (choice, data) in FILES.items():
    save('files', name, bytes([choice, 0x10]) + data)


# listing: the first byte chooses the method that is answered, as in fuzz-listing.c

def file_info(path, kind, size, attributes):
    return element(1, named('GuestFileInfo', element(1, path.encode()), element(2, kind),
                            element(3, number(size)), element(4, attributes)))


LINK_TO = named('GuestPosixFileAttributes', TIMES, element(3, 'tö<&'.encode()),
                element(0x103, number(-1)))
NO_ATTRIBUTES = named('GuestFileAttributes')
LISTING = {
    'rows': (0, element(1, boxed(10, named(
        'GuestListFileInfo', file_info('a', b'file', 7, POSIX),
        file_info('caf\uf0e9', b'symlink', 0, LINK_TO), file_info('.', b'directory', 0, WINDOWS),
        element(2, struct.pack('<i', 7)))))),
    'none': (0, element(1, boxed(10, named('GuestListFileInfo', element(
        2, struct.pack('<i', 0)))))),
    'odd': (0, element(1, boxed(10, named(
        'GuestListFileInfo', file_info('a\x01\uffff', b'', -1, NO_ATTRIBUTES),
        element(2, struct.pack('<i', -7)))))),
    'time-far-away': (0, element(1, boxed(10, named('GuestListFileInfo', file_info(
        'a', b'file', 1, named('GuestFileAttributes', element(1, number(2 ** 63 - 1)))), element(
            2, struct.pack('<i', 0)))))),
    'no-remaining': (0, element(1, boxed(10, named('GuestListFileInfo')))),
    'other-type': (0, element(1, boxed(10, named('GuestProcessInfo', *PROCESS)))),
    'other-form': (0, element(1, boxed(15, named('GuestListFileInfo', element(
        2, struct.pack('<i', 0)))))),
    'fault': (0, element(2, FILE) + element(3, b'File /bin/nope was not found')),
    'fault-bad-pattern': (0, element(2, named('InvalidArgument', element(0x201, b'matchPattern')))),
    'fault-of-the-host': (0, element(2, named('NotAuthenticated'))),
    'nothing': (0, b''),
    'transfer': (1, element(1, boxed(10, named(
        'FileTransferInformation', element(1, POSIX), element(2, number(7)), element(
            3, b'https://*:443/guestFile?id=1&token=x'))))),
    'transfer-bare': (1, element(1, boxed(10, named(
        'FileTransferInformation', element(1, NO_ATTRIBUTES), element(2, number(-1)), element(
            3, b''))))),
    'transfer-fault': (1, element(2, named('GuestPermissionDenied')) + element(3, b'\x01')),
}
for name, (choice, data) in LISTING.items():
    save('listing', name, bytes([choice]) + data)


# filter-spec: the first byte says how the rest is spelled and who asks, as in fuzz-filter-spec.c

FOLDER = '{"type":"Folder","value":"%s"}'
MACHINE = '{"type":"VirtualMachine","value":"vm-00000000-0000-4000-8000-00000000000%s"}'


def paths(kind, *names):
    return '{"type":"%s","pathSet":[%s]}' % (kind, ','.join('"%s"' % name for name in names))


def everything(kind):
    return '{"type":"%s","all":true}' % kind


def step(kind, path, *below, name=None, skip=False):
    return '{"_typeName":"TraversalSpec",%s%s"type":"%s","path":"%s","selectSet":[%s]}' % (
        '"name":"%s",' % name if name else '', '"skip":true,' if skip else '', kind, path,
        ','.join(below))


def selected(name):
    return '{"name":"%s"}' % name


def start(reference, *steps, skip=False):
    return '{"obj":%s,%s"selectSet":[%s]}' % (reference, '"skip":true,' if skip else '',
                                               ','.join(steps))


def filter_spec(properties, *objects, missing=False):
    return '{"propSet":[%s],"objectSet":[%s]%s}' % (
        ','.join(properties), ','.join(objects),
        ',"reportMissingObjectsInResults":true' if missing else '')


ROOT = FOLDER % 'group-d1'
VMS = FOLDER % 'group-v3'
SERVICE = '{"type":"ServiceInstance","value":"ServiceInstance"}'
NAME = paths('ManagedEntity', 'name')
NAMES = selected('folders'), selected('vms'), selected('hosts')
DOWN = (step('Folder', 'childEntity', *NAMES, name='folders'),
        step('Datacenter', 'vmFolder', *NAMES, name='vms'),
        step('Datacenter', 'hostFolder', *NAMES, name='hosts'))
FILTERS = {
    'name': filter_spec([NAME], start(ROOT)),
    'everything': filter_spec([everything('ManagedObject')], start(MACHINE % 'a'), start(SERVICE)),
    'down': filter_spec([NAME], start(ROOT, *DOWN)),
    'down-names-first': filter_spec([NAME], start(ROOT, *NAMES, *DOWN, skip=True)),
    'up': filter_spec([NAME], start(MACHINE % 'b', step('ManagedEntity', 'parent', selected('up'),
                                                        name='up'))),
    'round': filter_spec([NAME], start(VMS, step(
        'Folder', 'childEntity', step('ManagedEntity', 'parent', selected('x'), skip=True),
        name='x'))),
    'machines': filter_spec(
        [paths('VirtualMachine', 'name', 'runtime.powerState', 'guest.guestOperationsReady',
               'config.hardware.numCPU', 'name')],
        start(VMS, step('Folder', 'childEntity'), skip=True)),
    'hosts': filter_spec(
        [paths('HostSystem', 'vm', 'summary.config.name'), everything('ResourcePool')],
        start(FOLDER % 'group-h4', step('Folder', 'childEntity',
                                        step('ComputeResource', 'host'),
                                        step('ComputeResource', 'resourcePool')))),
    'service': filter_spec(
        [everything('ServiceInstance'), everything('SessionManager'), everything('ViewManager')],
        start(SERVICE, step('ServiceInstance', 'content.sessionManager'),
              step('ServiceInstance', 'content.viewManager'))),
    'missing': filter_spec([NAME], start(MACHINE % 'f'), start(MACHINE % 'a'), missing=True),
    'not-reported': filter_spec([NAME], start(MACHINE % 'f')),
    'nothing': filter_spec([]),
    'unknown-types': filter_spec([paths('Nonsense', 'x'), paths('VirtualApp', 'parentVApp')],
                                 start(ROOT, step('Nonsense', 'x'))),
    'no-path': filter_spec([paths('Folder', 'x.y')], start(ROOT)),
}
for name, text in FILTERS.items():
    save('filter-spec', name, b'\0' + text.encode())
for name in 'down', 'everything', 'service':
    save('filter-spec', name + '-viewer', b'\2' + FILTERS[name].encode())
    save('filter-spec', name + '-nobody', b'\4' + FILTERS[name].encode())


def tlv_step(name, kind, path, *below):
    return named('TraversalSpec', element(1, name), element(0x101, kind), element(0x102, path),
                 element(0x103, b'\1'), *(element(0x104, item) for item in below))


TLV_ROOT = element(1, named('Folder', b'group-d1'))
TLV_NAMES = element(1, named('PropertySpec', element(1, b'ManagedEntity'), element(2, b'\0'),
                            element(3, b'name'), element(3, b'parent')))
TLV_X = named('SelectionSpec', element(1, b'x'))
save('filter-spec', 'tlv', b'\1' + TLV_NAMES + element(2, named('ObjectSpec', TLV_ROOT)))
save('filter-spec', 'tlv-steps', b'\1' + TLV_NAMES + element(2, named(
    'ObjectSpec', TLV_ROOT, element(2, b'\0'), element(3, TLV_X),
    element(3, tlv_step(b'x', b'Folder', b'childEntity', TLV_X)))) + element(3, b'\1'))


# frame: the first byte says how the rest is cut, as in fuzz-frame.c

def frame(kind, ident=1, payload=b'', flags=0, nonce=1, version=1, size=None):
    head = b'\xc7GO\n' + struct.pack('<BBHQIII', version, kind, flags, nonce, ident,
                                     len(payload) if size is None else size, zlib.crc32(payload))
    return head + struct.pack('<I', zlib.crc32(head)) + payload


WHOLE = frame(6, 7, b'payload')
FRAME = {
    'nothing': (0, b''),
    'hello': (0, frame(1, 0, element(1, b'uuid') + element(2, b'0.1.0'))),
    'announce': (0, frame(3, 0, nonce=0)),
    'two': (0, WHOLE + frame(5)),
    'two-in-bytes': (1, WHOLE + frame(5)),
    'two-in-sevens': (7, WHOLE + frame(5)),
    'parts': (33, frame(7, 1, b'a' * 100, 1) + frame(7, 2, b'b', 0) + frame(7, 1, b'c')),
    'credit': (0, frame(11, 1, b'\0\0\4\0')),
    'newer-kind': (0, frame(99, 1, b'new', 0xffff)),
    'newer-version': (0, frame(5, version=2) + frame(5)),
    'text-before': (0, b'login: ' + WHOLE),
    'text-between': (5, WHOLE + b'\r\nlogin: ' + WHOLE),
    'magic-alone': (0, b'\xc7GO\n'),
    'magic-again': (3, b'\xc7\xc7GO\xc7GO\n\xc7' + WHOLE),
    'half': (0, WHOLE[:20]),
    'half-and-whole': (0, WHOLE[:35] + frame(5) + frame(4)),
    'half-large': (16, frame(7, 1, b'x' * 300)[:100] + WHOLE * 3),
    'bad-header': (0, WHOLE[:16] + b'\xff' + WHOLE[17:] + WHOLE),
    'bad-payload': (0, WHOLE[:-1] + b'?' + WHOLE),
    'too-large': (0, frame(7, size=32769) + WHOLE),
    'far-too-large': (0, frame(7, size=0xffffffff) + WHOLE),
    'in-a-frame': (0, frame(6, 1, WHOLE) + WHOLE),
    'in-a-broken-frame': (0, frame(6, 1, WHOLE)[:-1] + b'?' + WHOLE),
    'empty-many': (64, b''.join(frame(4, ident) for ident in range(20))),
}
for name, (choice, data) in FRAME.items():
    save('frame', name, bytes([choice]) + data)


# link: the first byte is the mode, then frames in short, as in fuzz-link.c

def short(kind, ident=1, payload=b'', flags=0):
    return struct.pack('<BBBH', kind, flags, ident, len(payload)) + payload


LINK = {
    'nothing': (0, b''),
    'ping': (0, short(4)),
    'hello-and-request': (0, short(1, 0, b'h') + short(6, 1, b'request')),
    'parts': (0, short(6, 1, b'a' * 900, 1) + short(6, 2, b'b') + short(6, 1, b'c' * 900)),
    'too-many-parts': (0, short(6, 1, b'a' * 2000, 1) * 3),
    'mixed': (0, short(6, 1, b'a', 1) + short(7, 1, b'b')),
    'cancel': (0, short(6, 1, b'a' * 500) + short(10, 1) + short(6, 1, b'b', 1) + short(10, 1)),
    'close': (0, short(6, 1, b'a' * 500) + short(9) + short(4)),
    'credit': (0, short(6, 1, b'a' * 3000) + short(11, 1, b'\0\0\4\0')),
    'raw': (0, short(0xff, 0, b'login: ' + WHOLE) + short(4)),
    'other-nonce': (0, short(4, 1, b'', 2) + short(3, 0, b'', 2)),
    'stream-out': (0, short(8, 1, b'\0\0\2\x80\2\1') + short(4) +
                   short(8, 1, b'\2\x80\3\5') + short(11, 1, b'\0\0\4\0')),
    'stream-pulled': (0, short(8, 1, b'\5\xff') + short(8, 1, b'\3\5') + short(8, 2, b'\5\1') +
                      short(11, 2, b'\0\0\4\0') + short(8, 2, b'\5\xff') + short(10, 2)),
    'stream-in': (0, short(8, 1, b'\1\0') + short(0xfe) * 4 + short(8, 1, b'\4\x80') +
                  short(0xfe) * 8),
    'stream-in-too-much': (0, short(8, 1, b'\1\0') + short(0xfe) * 9),
    'stream-cancelled': (0, short(8, 1, b'\0\0\1\0\2\x80') + short(10, 1) + short(0xfe) +
                         short(8, 1, b'\0\0\1\0\2\x40')),
    'stream-of-before': (0, short(8, 1, b'\0\0\1\0\2\x80') + short(1, 0, b'h') + short(0xfe)),
    'port': (1, short(1, 0, b'h') + short(6, 1, b'a', 1) + short(7, 1, b'b') + short(4)),
}
for name, (choice, data) in LINK.items():
    save('link', name, bytes([choice]) + data)


# range: the first byte says which field and how large the body is, as in fuzz-range.c

RANGE = {
    'nothing': (0, b''),
    'range': (6, b'bytes=3-5'),
    'range-open': (6, b'bytes=3-'),
    'range-suffix': (6, b'bytes=-3'),
    'range-huge': (12, b'bytes=9223372036854775806-99999999999999999999'),
    'range-of-nothing': (0, b'bytes=-1'),
    'ranges': (6, b'bytes=0-1, 3-5'),
    'tag': (1, b'"abc"'),
    'tags': (1, b'W/"abc", "x,", "abc"'),
    'tag-any': (1, b'*'),
    'name': (2, b'host.example:8697'),
    'ipv4': (2, b'192.0.2.1:443'),
    'ipv6': (2, b'[2001:db8::1]:65535'),
}
for name, (choice, data) in RANGE.items():
    save('range', name, bytes([choice]) + data)


# plain-command

PLAIN_COMMAND = {
    'words': b'-l --all /tmp/x',
    'quotes': b"-c 'exit 9' \"a 'b'\" a'b c'\"d e\"f ''",
    'variable': b'a "$HOME"',
    'redirection': b'< /dev/null > /tmp/x 2>&1',
    'open': b"a 'b",
    'entry': b'PATH=/usr/bin:/bin',
    'entry-of-the-shell': b'BASH_ENV=/x',
    'blanks': b' \t ',
}
for name, data in PLAIN_COMMAND.items():
    save('plain-command', name, data)


# domain-xml

CHANNEL = ("<channel type='unix'><source mode='bind' path='/run/a.sock'/><target type='virtio' "
           "name='org.guestops.agent.0' state='connected'/></channel>")

DOMAINS = {
    'full': "<?xml version='1.0'?><domain type='kvm' id='1'><name>web &lt;b&gt;</name>"
            "<uuid>4c4c4544-0031-4210-8031-b2c04f4d4d32</uuid>"
            "<memory unit='KiB'>1048576</memory><currentMemory unit='KiB'>524288</currentMemory>"
            "<vcpu placement='static' current='1'>2</vcpu><devices><disk type='file'/>" + CHANNEL +
            "<vsock model='virtio'><cid auto='yes' address='3'/></vsock></devices></domain>",
    'plain': '<domain><name>a</name></domain>',
    'channels': '<domain><devices>' + CHANNEL * 2 + "<channel type='pty'><target type='virtio'/>"
                "</channel></devices></domain>",
    'misplaced': '<domain>' + CHANNEL + '<devices><name>x</name><vsock/></devices></domain>',
    'other': '<network><name>a</name></network>',
    'doctype': "<!DOCTYPE domain [<!ENTITY a 'b'>]><domain>&a;</domain>",
    'cut': '<domain><devices>' + CHANNEL[:70],
}

for name, text in DOMAINS.items():
    save('domain-xml', name, text.encode())


# libvirt: what guestops-libvirt says, packets parted by line ends

UUID = '4c4c4544-0031-4210-8031-b2c04f4d4d32'
RUNS = '{"vm":{"uuid":"%s","name":"web","power":"on","cpus":2,"memory":512}}\n' % UUID

PACKETS = {
    'runs': RUNS + '{"listed":true}',
    'states': RUNS + '{"vm":{"uuid":"%s","name":"a","power":"on","reason":"is paused",'
              '"job":"migration"}}\n{"vm":{"uuid":"%s","name":"a","power":"suspended",'
              '"error":"canceled","why":"at libvirt"}}' % (UUID, UUID),
    'gone': RUNS + '{"reset":"%s"}\n{"gone":"%s"}' % (UUID, UUID),
    'lost': RUNS + '{"lost":"libvirtd does not answer"}\n{"listed":true}\n{"pong":1}',
    'channel': RUNS + '{"channel":{"id":1,"uuid":"%s","path":"/nonexistent/a"}}' % UUID,
    'no-channel': RUNS + '{"channel":{"id":1,"uuid":"%s","error":"none","why":"x"}}' % UUID,
    'power': RUNS + '{"power":{"id":2,"uuid":"%s","error":"busy","why":"\\u0007"}}' % UUID,
    'wrong': '{"vm":{"uuid":"../../etc","name":"a"}}\n[]\n7\n{"vm":7,"gone":7,"lost":{}}\nhello',
}

for name, text in PACKETS.items():
    save('libvirt', name, text.encode())
