// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Token state fingerprint (ERC-5646). Interface id 0xf5112315
interface IERC5646 {
    /// @notice Gives a value that changes with the state of the token. A buyer who names it gets the token as they saw
    ///         it, or nothing.
    /// @param tokenId The token. Reverts when nobody holds it.
    /// @return The fingerprint. Of a number it is another if and only if owner, epoch, session counter, records, name,
    ///         price or being for sale is another.
    function getStateFingerprint(uint256 tokenId) external view returns (bytes32);
}
