// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Digits} from "../../../contracts/lib/Digits.sol";
import {Label} from "../../../contracts/lib/Label.sol";
import {SipUri} from "../../../contracts/lib/SipUri.sol";

/// @title The libraries against what their bytes are said to be, written the long way round
contract TextTest {
    function pack(string calldata text) external pure returns (bytes32) {
        return Label.pack(text);
    }

    function valid(string calldata text) external pure returns (bool) {
        return SipUri.isValid(text);
    }

    /// @dev Any bytes: what is packed is a label and comes back whole; all else is zero.
    function testFuzz_any_text_is_packed_when_it_is_a_label(bytes memory text) external view {
        _checkLabel(text);
    }

    /// @dev Bytes of a label mostly: random ones are hardly ever one.
    function testFuzz_likely_labels_are_packed_when_they_are_labels(uint8[40] memory picks, uint8 length) external view {
        bytes memory alphabet = "abcdefghijklmnopqrstuvwxyz0123456789------A";
        _checkLabel(_text(alphabet, picks, length % 40));
    }

    function testFuzz_one_byte_decides(uint8 letter, uint8 at) external view {
        bytes memory label = "abcdefgh";
        label[at % 8] = bytes1(letter);
        _checkLabel(label);
        bytes memory uri = "sip:abcdefgh";
        uri[4 + at % 8] = bytes1(letter);
        assert(this.valid(string(uri)) == _uriByte(bytes1(letter)));
    }

    function testFuzz_any_text_behind_a_scheme(bytes memory text, bool secure) external view {
        bytes memory uri = abi.encodePacked(secure ? "sips:" : "sip:", text);
        assert(this.valid(string(uri)) == (uri.length <= 128 && text.length > 0 && _allUri(text)));
    }

    function testFuzz_likely_addresses(uint8[40] memory picks, uint8 length, uint8 filling, bool secure) external view {
        bytes memory alphabet = "abcXYZ0189-._:;=@[]abcXYZ0189-._:;=@[]%";
        bytes memory text = _text(alphabet, picks, length % 41);
        for (uint256 i = 0; i < filling; ++i) text = bytes.concat(text, "a");
        bytes memory uri = abi.encodePacked(secure ? "sips:" : "sip:", text);
        assert(this.valid(string(uri)) == (uri.length <= 128 && text.length > 0 && _allUri(text)));
    }

    function testFuzz_without_a_scheme_nothing_is_an_address(bytes memory text) external view {
        bool sip = text.length > 3 && text[0] == "s" && text[1] == "i" && text[2] == "p"
            && (text[3] == ":" || text[3] == "s");
        assert(sip || !this.valid(string(text)));
    }

    function testFuzz_a_number_has_5_to_15_digits(uint256 number, uint8 digits) external pure {
        // Of any size, and near each power of ten.
        uint256 power = 10 ** (uint256(digits) % 78);
        uint256[4] memory tried = [number, power, power - 1, number % power];
        for (uint256 i = 0; i < 4; ++i) {
            uint256 count = 0;
            for (uint256 rest = tried[i]; rest != 0; rest /= 10) ++count;
            assert(Digits.isNumber(tried[i]) == (count >= 5 && count <= 15));
        }
    }

    function _checkLabel(bytes memory text) private view {
        bytes32 word = this.pack(string(text));
        if (!_isLabel(text)) {
            assert(word == 0);
            return;
        }
        assert(keccak256(bytes(Label.unpack(word))) == keccak256(text));
    }

    function _isLabel(bytes memory text) private pure returns (bool) {
        if (text.length < 3 || text.length > 32) return false;
        if (text.length > 3 && text[2] == "-" && text[3] == "-") return false;
        bool letter = false;
        for (uint256 i = 0; i < text.length; ++i) {
            bytes1 c = text[i];
            if (c >= "a" && c <= "z") letter = true;
            else if (!((c >= "0" && c <= "9") || c == "-")) return false;
        }
        return letter;
    }

    function _allUri(bytes memory text) private pure returns (bool) {
        for (uint256 i = 0; i < text.length; ++i) {
            if (!_uriByte(text[i])) return false;
        }
        return true;
    }

    function _uriByte(bytes1 c) private pure returns (bool) {
        if ((c >= "a" && c <= "z") || (c >= "A" && c <= "Z") || (c >= "0" && c <= "9")) return true;
        bytes memory marks = "-._:;=@[]";
        for (uint256 i = 0; i < marks.length; ++i) {
            if (c == marks[i]) return true;
        }
        return false;
    }

    function _text(bytes memory alphabet, uint8[40] memory picks, uint256 length) private pure returns (bytes memory text) {
        text = new bytes(length);
        for (uint256 i = 0; i < length; ++i) text[i] = alphabet[picks[i] % alphabet.length];
    }
}
