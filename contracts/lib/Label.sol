// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title The label of a name, in one word
/// @dev Left-aligned and filled up with zeros, which no label has, so that the word says its length too.
library Label {
    uint256 internal constant MIN_LENGTH = 3;
    uint256 internal constant MAX_LENGTH = 32;

    /// @dev One bit for each byte that is allowed: a-z, 0-9 and -
    uint256 private constant ALLOWED = (((1 << 26) - 1) << 0x61) | (((1 << 10) - 1) << 0x30) | (1 << 0x2d);

    /// @dev One bit for each letter: a-z
    uint256 private constant LETTERS = ((1 << 26) - 1) << 0x61;

    /// @dev Checks a label and puts it in a word.
    /// @param text The label, as bytes: what is not ASCII is not one.
    /// @return word The label, or zero when it is not one.
    function pack(string calldata text) internal pure returns (bytes32 word) {
        bytes calldata label = bytes(text);
        uint256 length = label.length;
        if (length < MIN_LENGTH || length > MAX_LENGTH) return 0;
        // ENSIP-15 keeps "??--" for encodings such as punycode.
        if (length > MIN_LENGTH && label[2] == "-" && label[3] == "-") return 0;
        word = bytes32(label);
        uint256 seen = 0;
        for (uint256 i = 0; i < length; ++i) {
            seen |= 1 << uint8(bytes1(word << (8 * i)));
        }
        // Without a letter it would look like a number, with or without hyphens between the digits.
        if (seen & ~ALLOWED != 0 || seen & LETTERS == 0) return 0;
    }

    /// @dev Gives the label in a word that `pack` made.
    function unpack(bytes32 word) internal pure returns (string memory) {
        uint256 length = 0;
        // What is shifted out at 32 leaves zero, so that is where the count ends at the latest.
        while ((word << (8 * length)) != 0) ++length;
        bytes memory text = abi.encodePacked(word);
        // Only the text's length is set, to less than the memory that it has.
        // slither-disable-next-line assembly
        assembly ("memory-safe") {
            mstore(text, length)
        }
        return string(text);
    }
}
