// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Which bytes may stand in a hub's or node's address
/// @dev No more than a SIP URI of host, port and parameters needs (RFC 3261 25.1), so that no reader of the list meets
///      a quote, a bracket of HTML, a control or a percent sign. A client parses the URI by itself.
library SipUri {
    uint256 internal constant MAX_LENGTH = 128;

    /// @dev One bit for each byte that is allowed: letters, digits and -._:;=@[]
    uint256 private constant ALLOWED = _ALPHA | _DIGITS | _MARKS;
    uint256 private constant _ALPHA = (((1 << 26) - 1) << 0x41) | (((1 << 26) - 1) << 0x61);
    uint256 private constant _DIGITS = ((1 << 10) - 1) << 0x30;
    uint256 private constant _MARKS = (1 << 0x2d) | (1 << 0x2e) | (1 << 0x5f) | (1 << 0x3a) | (1 << 0x3b) | (1 << 0x3d)
        | (1 << 0x40) | (1 << 0x5b) | (1 << 0x5d);

    /// @dev Whether `text` is `sip:` or `sips:`, then one or more allowed bytes, 128 bytes at most.
    function isValid(string calldata text) internal pure returns (bool) {
        bytes calldata uri = bytes(text);
        uint256 length = uri.length;
        uint256 start = _schemeLength(uri);
        if (start == 0 || length > MAX_LENGTH) return false;
        for (uint256 i = start; i < length; ++i) {
            if ((ALLOWED >> uint8(uri[i])) & 1 == 0) return false;
        }
        return true;
    }

    /// @dev 4 for `sip:`, 5 for `sips:`, each with something behind it; 0 for all else.
    function _schemeLength(bytes calldata uri) private pure returns (uint256) {
        if (uri.length > 4 && bytes4(uri[:4]) == "sip:") return 4;
        if (uri.length > 5 && bytes5(uri[:5]) == "sips:") return 5;
        return 0;
    }
}
