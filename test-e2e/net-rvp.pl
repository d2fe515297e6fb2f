# What Net::RVP does, by means of the same LWP: one connection for everything, no length where there is no body, NTLM once for
# each connection, one thread that is deaf to call-backs while it waits (client-facts §2). Prints what happened as JSON.
use strict;
use warnings;
use IO::Socket::INET;
use JSON::PP;
use LWP::UserAgent;
use Net::HTTP::Methods;

my ($port, $domain, $user, $password) = @ARGV;
my $ua = LWP::UserAgent->new(keep_alive => 1, timeout => 15, env_proxy => 0);
$ua->credentials("127.0.0.1:$port", '', "CORP\\$user", $password);
my $listener = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1', Timeout => 15) or die "listen: $!";
my $self = "http://$domain/instmsg/aliases/$user";
my $ns = 'xmlns:d="DAV:" xmlns:r="http://schemas.microsoft.com/rvp/" xmlns:a="http://schemas.microsoft.com/rvp/acl/"';
my $declaration = qq(<?xml version="1.0"?>\n);
my (@steps, @notifies);

# What LWP really sends is seen only where it writes it.
my $sent;
my $format_request = \&Net::HTTP::Methods::format_request;
{
    no warnings 'redefine';
    *Net::HTTP::Methods::format_request = sub { return $sent = $format_request->(@_) };
}

sub ask {
    my ($method, $name, $headers, $body) = @_;
    my $request = HTTP::Request->new($method, "http://127.0.0.1:$port/instmsg/aliases/$name");
    $request->header(Host => $domain, 'RVP-Notifications-Version' => '0.2', 'RVP-From-Principal' => $self, %$headers);
    $request->content_type('text/xml') if defined $body;
    $request->content($declaration . $body . "\n") if defined $body;
    my $response = $ua->request($request);
    my ($connection) = $ua->conn_cache->get_connections('http');
    my $rounds = 1;
    for (my $before = $response->previous; $before; $before = $before->previous) { $rounds++ }
    push @steps, {
        method => $method,
        status => $response->code + 0,
        rounds => $rounds,
        sent => $sent =~ s/\r\n\r\n.*//sr,
        connection => $connection ? $connection->sockport : undef,
        id => scalar $response->header('Subscription-Id'),
        type => scalar $response->header('Content-Type'),
        body => $response->content,
    };
    return $response;
}

# Reads one NOTIFY by its length, and answers without one.
sub hear {
    my $socket = $listener->accept or die "no call-back: $@";
    my $head = '';
    while (my $line = <$socket>) { last if $line eq "\r\n"; $head .= $line }
    my ($length) = $head =~ /^Content-Length: (\d+)\r$/m;
    read($socket, my $body, $length // 0);
    print $socket "HTTP/1.1 200 Change Notification Accepted\r\n\r\n";
    close $socket;
    push @notifies, { head => $head, body => $body };
}

sub state_of {
    my ($state) = @_;
    return "<d:propertyupdate $ns>\n <d:set>\n  <d:prop>\n   <r:state>\n    <r:leased-value>\n"
        . "     <r:value><r:$state/></r:value>\n     <r:default-value><r:offline/></r:default-value>\n"
        . "     <r:timeout>14400</r:timeout>\n    </r:leased-value>\n   </r:state>\n  </d:prop>\n </d:set>\n</d:propertyupdate>";
}

my $call_back = 'http://127.0.0.1:' . $listener->sockport;
my %lease = ('Subscription-Lifetime' => 14400);
my $login = ask('SUBSCRIBE', $user, { %lease, 'Notification-Type' => 'pragma/notify', 'Call-Back' => $call_back });
ask('SUBSCRIBE', $user, { %lease, 'Notification-Type' => 'update/propchange', 'Call-Back' => $self });
ask('SUBSCRIPTIONS', $user, { 'Notification-Type' => 'pragma/notify' });
ask('PROPPATCH', $user, {}, state_of('online'));
hear();
ask('ACL', $user, {});
ask('PROPFIND', $user, { Depth => 0 }, "<d:propfind $ns><d:allprop/></d:propfind>");
my $mime = "MIME-Version: 1.0\r\nSession-Id: {0D9A6C32-0000-4000-8000-000000000001}\r\n"
    . "Content-Type: text/plain; charset=UTF-8\r\n\r\nhello from Perl";
ask('NOTIFY', 'bob', { 'RVP-Ack-Type' => 'DeepOr', 'RVP-Hop-Count' => 1 },
    "<r:notification $ns><r:message><r:notification-from><r:contact><d:href>$self</d:href></r:contact></r:notification-from>"
        . "<r:notification-to><r:contact><d:href>http://$domain/instmsg/aliases/bob</d:href></r:contact></r:notification-to>"
        . "<r:msgbody><r:mime-data><![CDATA[$mime]]></r:mime-data></r:msgbody></r:message></r:notification>");
ask('SUBSCRIBE', $user, { %lease, 'Subscription-Id' => $login->header('Subscription-Id') });
ask('UNSUBSCRIBE', $user, { 'Subscription-Id' => $login->header('Subscription-Id') });
print JSON::PP->new->utf8->encode({ steps => \@steps, notifies => \@notifies });
